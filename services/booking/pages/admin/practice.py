"""The admin's page of the practice's own name and look (toiminimi ja ulkoasu)."""

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import changes_practice
from services.booking.models.practice import Practice
from services.booking.pages.login import LoggedInAdmin
from services.booking.pages.site import DoneQuery, pages
from services.booking.presence import practice
from services.booking.presence.practice import PracticeUpdate
from services.web.errors.problems import Problem
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed, TypedFile
from services.web.protocol import etags
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

PATH = "/yllapito/toiminimi"
FIELDS = ("name", "accent", "introduction", "offer", "privacy_additions")

router = APIRouter(prefix=PATH, route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_practice_form(db: Db, visitor: LoggedInAdmin, done: DoneQuery = "") -> Response:
    own = practice.practice_of(db)
    return _page(visitor, own, _fields(own), done=done)


@router.post("", dependencies=[changes_practice])
def submit_practice(db: Db, now: Now, visitor: LoggedInAdmin, typed: Typed) -> Response:
    own = practice.lock_practice(db, now)
    try:
        wanted = PracticeUpdate.model_validate({name: typed.get(name, "") or _empty(name) for name in FIELDS})
        practice.change_practice(db, own, wanted, forms.version_field(typed), now)
    except (ValidationError, Problem) as refused:
        return _page(visitor, own, typed, refused)
    return redirect(PATH, tehty="tallennettu")


@router.post("/logo", dependencies=[changes_practice])
def submit_logo(db: Db, now: Now, visitor: LoggedInAdmin, file: TypedFile) -> Response:
    own = practice.lock_practice(db, now)
    try:
        practice.change_logo(db, own, file, now)
    except Problem as refused:
        return _page(visitor, own, _fields(own), refused)
    return redirect(PATH, tehty="logo")


@router.post("/logo/poista", dependencies=[changes_practice])
def remove_logo_as_admin(db: Db, now: Now, visitor: LoggedInAdmin) -> Response:
    practice.change_logo(db, practice.lock_practice(db, now), None, now)
    return redirect(PATH, tehty="logo-poistettu")


def _empty(name: str) -> str | None:
    """What has to be there is reported as missing; the rest may be empty."""
    return "" if name in ("name", "accent") else None


def _fields(own: Practice) -> Fields:
    return {name: getattr(own, name) or "" for name in FIELDS}


def _page(visitor: Visitor, own: Practice, typed: Fields, refused: Refused | None = None, done: str = "") -> Response:
    return pages.show(
        "admin_practice.html",
        forms.status_of(refused),
        visitor=visitor,
        here=PATH,
        own=own,
        typed=typed,
        version=forms.version_seen(etags.etag(own.version), typed, refused),
        done=done,
        wrong=forms.reasons(refused),
        overtaken=forms.outdated(refused, typed, _fields(own)),
    )
