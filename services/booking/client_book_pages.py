"""The supervisor's clients (tilaajat): all of them, a new one, one with what it has ordered, and changed."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services import vocabulary
from services.booking import access, client_book, parties, process_book
from services.booking.models import Client
from services.booking.pages import pages
from services.booking.parties import ClientChange, ClientWish
from services.booking.process_pages import COURSE, PageAsked, WordsAsked
from services.booking.visiting import Supervising
from services.web import etags, forms
from services.web.forms import Fields, Refused, Typed
from services.web.problems import Problem
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import Visitor, redirect

HERE = "/tyo/tilaajat"

router = APIRouter(prefix=HERE, route_class=TransactionalRoute, include_in_schema=False)

CONTACT = ("first_name", "last_name", "email")
USUAL = {"kind": "organisation", "payer_type": "business"}


@router.get("")
def leaf_through(db: Db, visitor: Supervising, haku: WordsAsked = "", sivu: PageAsked = 1) -> Response:
    leaf = client_book.look(db, visitor.principal, haku, sivu)
    return pages.show("client_list.html", visitor=visitor, base=HERE, leaf=leaf, haku=haku, sivu=sivu)


@router.get("/uusi")
def ask_who(visitor: Supervising) -> Response:
    return form_page(visitor, None, USUAL)


@router.post("/uusi")
def add(db: Db, now: Now, visitor: Supervising, typed: Typed) -> Response:
    try:
        wish = ClientWish.model_validate(forms.nested(typed, ClientWish.model_fields))
        client = parties.add_client(db, wish, visitor.party_id, now)
    except (ValidationError, Problem) as refused:
        return form_page(visitor, None, typed, refused)
    return redirect(f"/tyo/tilaajat/{client.id}", tehty="lisatty")


@router.get("/{client_id}")
def show(db: Db, now: Now, visitor: Supervising, client_id: UUID, sivu: PageAsked = 1, tehty: str = "") -> Response:
    client = access.client(db, visitor.principal, client_id)
    return pages.show(
        "client_card.html",
        visitor=visitor,
        client=client,
        leaf=process_book.of_client(db, visitor.principal, client.id, sivu, now),
        form_labels=vocabulary.FORM_LABELS,
        evaluations=vocabulary.EVALUATIONS,
        sivu=sivu,
        tehty=tehty,
        **COURSE,
    )


@router.get("/{client_id}/muuta")
def show_form(db: Db, visitor: Supervising, client_id: UUID) -> Response:
    client = access.client(db, visitor.principal, client_id)
    return form_page(visitor, client, fields_of(client))


@router.post("/{client_id}/muuta")
def change(db: Db, now: Now, visitor: Supervising, client_id: UUID, typed: Typed) -> Response:
    client = access.client(db, visitor.principal, client_id, lock=True)
    try:
        wish = ClientChange.model_validate(change_of(typed))
        parties.change_client(db, client, wish, forms.seen_version(typed), now)
    except (ValidationError, Problem) as refused:
        return form_page(visitor, client, typed, refused)
    return redirect(f"/tyo/tilaajat/{client.id}", tehty="muutettu")


def change_of(typed: Fields) -> dict[str, Any]:
    """What was emptied is to be empty, and only the business id may be."""
    nothing: dict[str, Any] = {"name": "", "contact": {}, "business_id": None}
    return nothing | forms.nested(typed, ClientChange.model_fields)


def fields_of(client: Client) -> Fields:
    contact = {f"contact.{field}": getattr(client, field) for field in CONTACT}
    card = {"name": client.name, "business_id": client.business_id or "", "payer_type": client.payer_type}
    return card | contact


def form_page(
    visitor: Visitor, client: Client | None, typed: Fields, refused: Refused | None = None, base: str = HERE
) -> Response:
    return pages.show(
        "client_form.html",
        forms.status_of(refused),
        visitor=visitor,
        client=client,
        base=base,
        version=forms.version_seen(etags.tag(client.version), typed, refused) if client else "",
        typed=typed,
        wrong=forms.reasons(refused),
        overtaken=forms.overtaken(refused, typed, fields_of(client)) if client else None,
    )
