"""The pages by which people log in, without a password, and leave."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.booking import audit, logins
from services.booking.logins_api import LoginWish, ask
from services.booking.pages import pages
from services.booking.parties_api import Configured
from services.booking.visiting import Known, cookie_name, cookie_of, remember_way_back, way_back
from services.web.forms import Typed
from services.web.limits import limited
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.validation import reasons_by_field
from services.web.visitors import HOMES, is_path, redirect

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)


@router.get("/kirjaudu")
def ask_address(visitor: Known, settings: Configured, paluu: str = "") -> Response:
    target = paluu if paluu and is_path(paluu) else ""
    if visitor:
        return redirect(target or visitor.home)
    shown = pages.show("login_ask.html", typed={}, wrong={})
    if target:
        remember_way_back(shown, settings, target)
    return shown


@router.post("/kirjaudu", dependencies=[Depends(limited("logins"))])
def send_link(db: Db, now: Now, request: Request, settings: Configured, typed: Typed) -> Response:
    try:
        wish = LoginWish.model_validate({"email": typed.get("email", "")})
    except ValidationError as error:
        return pages.show("login_ask.html", 422, typed=typed, wrong=reasons_by_field(error))
    ask(db, request, settings, wish.email, now)
    return redirect("/kirjaudu/lahetetty")


@router.get("/kirjaudu/lahetetty")
async def link_sent() -> Response:
    return pages.show("login_sent.html")


@router.get("/kirjaudu/{secret}")
def show_link(db: Db, now: Now, settings: Configured, secret: str) -> Response:
    return pages.show("login_enter.html", secret=secret, accounts=logins.accounts_of(db, settings, secret, now))


@router.post("/kirjaudu/{secret}")
def use_link(
    db: Db, now: Now, request: Request, settings: Configured, secret: str, party: Annotated[UUID, Form()]
) -> Response:
    entry = logins.enter(db, settings, secret, party, now)
    whose = f"{entry.account.role}/{party}"
    audit.note(db, now, whose, "login.entered", whose)
    entered = redirect(way_back(request, HOMES[entry.account.role]))
    entered.delete_cookie("paluu", path="/kirjaudu")
    entered.set_cookie(
        cookie_name(settings),
        entry.cookie,
        max_age=int(logins.SESSION_LIFETIME.total_seconds()),
        secure=settings.public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return entered


@router.post("/ulos")
def leave(db: Db, request: Request, settings: Configured) -> Response:
    """Out of this service, and then of the two others, each of which has a cookie of its own."""
    logins.leave(db, cookie_of(request, settings))
    left = redirect(settings.reporting_public_url + "/ulos")
    left.delete_cookie(cookie_name(settings), secure=settings.public_url.startswith("https:"), httponly=True)
    return left
