"""The admin's pages of all clients: one looked up, changed, and given credentials."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from sqlmodel import col, func, select
from starlette.responses import Response

from services.booking import access, client_book, parties
from services.booking.client_book_pages import USUAL, change_of, fields_of, form_page
from services.booking.models import Process
from services.booking.pages import pages
from services.booking.parties import ClientChange, ClientWish
from services.booking.process_pages import PageAsked, WordsAsked
from services.booking.visiting import Administering
from services.web import forms
from services.web.forms import Typed
from services.web.problems import Problem
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import redirect

HERE = "/yllapito/tilaajat"

router = APIRouter(prefix=HERE, route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def leaf_through(db: Db, visitor: Administering, haku: WordsAsked = "", sivu: PageAsked = 1) -> Response:
    leaf = client_book.look(db, visitor.principal, haku, sivu)
    return pages.show("client_list.html", visitor=visitor, base=HERE, leaf=leaf, haku=haku, sivu=sivu)


@router.get("/uusi")
def ask_who(visitor: Administering) -> Response:
    return form_page(visitor, None, USUAL, base=HERE)


@router.post("/uusi")
def add(db: Db, now: Now, visitor: Administering, typed: Typed) -> Response:
    try:
        wish = ClientWish.model_validate(forms.nested(typed, ClientWish.model_fields))
        client = parties.add_client(db, wish, None, now)
    except (ValidationError, Problem) as refused:
        return form_page(visitor, None, typed, refused, HERE)
    return redirect(f"{HERE}/{client.id}", tehty="lisatty")


@router.get("/{client_id}")
def show(db: Db, visitor: Administering, client_id: UUID, tehty: str = "") -> Response:
    client = access.client(db, visitor.principal, client_id)
    processes = db.scalars(select(func.count()).where(col(Process.client_id) == client.id)).one()
    return pages.show("admin_client.html", visitor=visitor, here=HERE, client=client, processes=processes, done=tehty)


@router.get("/{client_id}/muuta")
def show_form(db: Db, visitor: Administering, client_id: UUID) -> Response:
    client = access.client(db, visitor.principal, client_id)
    return form_page(visitor, client, fields_of(client), base=HERE)


@router.post("/{client_id}/muuta")
def change(db: Db, now: Now, visitor: Administering, client_id: UUID, typed: Typed) -> Response:
    client = access.client(db, visitor.principal, client_id, lock=True)
    try:
        wish = ClientChange.model_validate(change_of(typed))
        parties.change_client(db, client, wish, forms.seen_version(typed), now)
    except (ValidationError, Problem) as refused:
        return form_page(visitor, client, typed, refused, HERE)
    return redirect(f"{HERE}/{client.id}", tehty="muutettu")
