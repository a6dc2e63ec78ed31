"""The pages to log in, by a link in a letter, and to log out."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.pages.login import (
    MaybeLoggedIn,
    RememberField,
    browser_at_login,
    enter,
    read_login_secret,
    remember_return_path,
)
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import audit, browser_sessions, logins, passkeys, setup
from services.booking.security.login_requests import LoginCreate, accept_login_request
from services.booking.settings import Settings
from services.core.database import Database
from services.web.errors.validation import reasons_by_field
from services.web.pages.forms import Typed
from services.web.security import login_cookie
from services.web.security.links import LinkExpired
from services.web.security.rate_limits import limited
from services.web.security.visitors import HOMES, Visitor, is_path, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)


@router.get("/kirjaudu")
def show_login_form(
    db: Db,
    now: Now,
    visitor: MaybeLoggedIn,
    settings: Configured,
    return_to: Annotated[str, Query(alias="paluu")] = "",
    done: DoneQuery = "",
) -> Response:
    target = return_to if return_to and is_path(return_to) else ""
    if visitor:
        return redirect(target or visitor.home)
    page = _ask(settings, done=done, is_new=setup.leads_newcomers(db, now))
    if target:
        remember_return_path(page, settings, target)
    return page


@router.post("/kirjaudu", dependencies=[Depends(limited("logins"))])
def submit_login_form(db: Db, now: Now, settings: Configured, typed: Typed) -> Response:
    try:
        wanted = LoginCreate.model_validate({"email": typed.get("email", "")})
    except ValidationError as error:
        return _ask(settings, 422, typed=typed, wrong=reasons_by_field(error))
    accept_login_request(db, wanted.email, now)
    return redirect("/kirjaudu/lahetetty")


def _ask(settings: Settings, status: int = 200, **shown: Any) -> Response:
    knows_passkeys = passkeys.relying_party(settings) is not None
    nothing: dict[str, Any] = {"typed": {}, "wrong": {}, "spent": None, "done": "", "is_new": False}
    return pages.show("login_ask.html", status, **nothing | {"knows_passkeys": knows_passkeys} | shown)


@router.get("/kirjaudu/lahetetty")
async def show_login_link_sent() -> Response:
    return pages.show("login_sent.html")


@router.get("/kirjaudu/{secret}")
def show_login_link(db: Db, now: Now, visitor: MaybeLoggedIn, settings: Configured, secret: str) -> Response:
    try:
        accounts = logins.accounts_of_link(db, settings, secret, now)
    except LinkExpired as spent:
        return _lead_on(db, settings, visitor, secret, spent)
    return pages.show("login_enter.html", secret=secret, accounts=accounts)


@router.post("/kirjaudu/{secret}")
def log_in(
    db: Db,
    now: Now,
    visitor: MaybeLoggedIn,
    request: Request,
    settings: Configured,
    secret: str,
    party: Annotated[UUID, Form()],
    is_remembered: RememberField = False,
) -> Response:
    try:
        account = logins.use_login_link(db, settings, secret, party, now)
    except LinkExpired as spent:
        return _lead_on(db, settings, visitor, secret, spent)
    whose = f"{account.role}/{party}"
    audit.note(db, now, "login.entered", whose, whose)
    setup.end_by_login(db, account, now)
    browser = browser_at_login(request, settings, is_remembered=is_remembered)
    return enter(request, settings, browser_sessions.begin_session(db, account, browser, now), now)


def _lead_on(db: Database, settings: Settings, visitor: Visitor | None, secret: str, spent: LinkExpired) -> Response:
    """Whoever is in already has no need of a link that is spent; anybody else needs another."""
    if visitor and logins.is_account_of_link(db, settings, secret, visitor.principal):
        return redirect(HOMES[visitor.role])
    return _ask(settings, spent.status, spent=spent)


@router.post("/ulos")
def log_out(db: Db, request: Request, settings: Configured) -> Response:
    browser_sessions.end_session(db, read_login_secret(request, settings))
    response = redirect("/")
    login_cookie.drop_cookie(response, settings)
    return response
