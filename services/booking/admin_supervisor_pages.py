"""The admin's pages of the firm's supervisors: all of them, a new one, one changed."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from sqlmodel import col, select
from starlette.responses import Response

from services.booking import access, parties, profile_form
from services.booking.models import Supervisor
from services.booking.pages import pages
from services.booking.parties import SupervisorChange, SupervisorWish
from services.booking.parties_api import Configured
from services.booking.process_pages import PageAsked, WordsAsked
from services.booking.visiting import Administering
from services.web import etags, forms
from services.web.forms import Fields, Refused, Typed
from services.web.problems import Problem
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import Visitor, redirect

HERE = "/yllapito/tyonohjaajat"

router = APIRouter(prefix=HERE, route_class=TransactionalRoute, include_in_schema=False)

ON_A_PAGE = 50
NEEDED = ("name", "email")


@router.get("")
def leaf_through(db: Db, visitor: Administering, haku: WordsAsked = "", sivu: PageAsked = 1) -> Response:
    query = select(Supervisor).order_by(col(Supervisor.name), col(Supervisor.id))
    for one in haku.split():
        name, email = col(Supervisor.name), col(Supervisor.email)
        query = query.where(name.icontains(one, autoescape=True) | email.icontains(one, autoescape=True))
    found = db.scalars(query.offset((sivu - 1) * ON_A_PAGE).limit(ON_A_PAGE + 1)).all()
    has_more = len(found) > ON_A_PAGE
    return pages.show(
        "admin_supervisors.html",
        visitor=visitor,
        supervisors=found[:ON_A_PAGE],
        has_more=has_more,
        haku=haku,
        sivu=sivu,
        here=HERE,
    )


@router.get("/uusi")
def ask_who(visitor: Administering) -> Response:
    return _form(visitor, None, {"reminders.7": forms.TICKED, "reminders.1": forms.TICKED})


@router.post("/uusi")
def add(db: Db, now: Now, visitor: Administering, settings: Configured, typed: Typed) -> Response:
    try:
        supervisor = parties.add_supervisor(db, settings.link_key, SupervisorWish.model_validate(_wish(typed)), now)
    except (ValidationError, Problem) as refused:
        return _form(visitor, None, typed, refused)
    return redirect(f"{HERE}/{supervisor.id}", tehty="lisatty")


@router.get("/{supervisor_id}")
def show(db: Db, visitor: Administering, supervisor_id: UUID, tehty: str = "") -> Response:
    supervisor = access.practice(db, visitor.principal, supervisor_id)
    return _form(visitor, supervisor, profile_form.of_supervisor(supervisor), done=tehty)


@router.post("/{supervisor_id}")
def change(db: Db, now: Now, visitor: Administering, supervisor_id: UUID, typed: Typed) -> Response:
    supervisor = access.practice(db, visitor.principal, supervisor_id, lock=True)
    try:
        wish = SupervisorChange.model_validate(_wish(typed))
        parties.change_supervisor(db, supervisor, wish, forms.seen_version(typed), now)
    except (ValidationError, Problem) as refused:
        return _form(visitor, supervisor, typed, refused)
    return redirect(f"{HERE}/{supervisor.id}", tehty="muutettu")


def _wish(typed: Fields) -> dict[str, Any]:
    return profile_form.wish(typed, NEEDED)


def _form(
    visitor: Visitor, supervisor: Supervisor | None, typed: Fields, refused: Refused | None = None, done: str = ""
) -> Response:
    return pages.show(
        "admin_supervisor.html",
        forms.status_of(refused),
        visitor=visitor,
        here=HERE,
        supervisor=supervisor,
        typed=typed,
        days=profile_form.choices(typed),
        version=forms.version_seen(etags.tag(supervisor.version), typed, refused) if supervisor else "",
        done=done,
        wrong=forms.reasons(refused),
        overtaken=forms.overtaken(refused, typed, profile_form.of_supervisor(supervisor)) if supervisor else None,
    )
