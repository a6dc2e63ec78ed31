"""The pages by which a supervisor or a client's contact logs in, sees what is theirs, and leaves."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from services.booking import logins, meetings_ahead
from services.booking.logins_api import LoginWish, ask
from services.booking.pages import SEE_OTHER, pages
from services.booking.parties_api import Configured
from services.booking.settings import Settings
from services.database import Database
from services.web.limits import limited
from services.web.problems import Forbidden
from services.web.tokens import Principal
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)


def cookie_name(settings: Settings) -> str:
    """The prefix makes browsers keep the cookie to this very host, over HTTPS only."""
    return "__Host-istunto" if settings.public_url.startswith("https:") else "istunto"


def cookie_of(request: Request, settings: Settings) -> str:
    return request.cookies.get(cookie_name(settings), "")


def visitor(db: Database, request: Request, settings: Settings, now: datetime) -> Principal | None:
    return logins.principal_of(db, cookie_of(request, settings), now)


@router.get("/kirjaudu")
def ask_address() -> Response:
    return pages.show("login_ask.html")


@router.post("/kirjaudu", dependencies=[Depends(limited("logins"))])
def send_link(db: Db, now: Now, request: Request, settings: Configured, wish: Annotated[LoginWish, Form()]) -> Response:
    ask(db, request, settings, wish.email, now)
    return RedirectResponse("/kirjaudu/lahetetty", SEE_OTHER)


@router.get("/kirjaudu/lahetetty")
async def link_sent() -> Response:
    return pages.show("login_sent.html")


@router.get("/kirjaudu/{secret}")
def show_link(db: Db, now: Now, secret: str) -> Response:
    return pages.show("login_enter.html", secret=secret, accounts=logins.accounts_of(db, secret, now))


@router.post("/kirjaudu/{secret}")
def use_link(db: Db, now: Now, settings: Configured, secret: str, party: Annotated[UUID, Form()]) -> Response:
    cookie = logins.enter(db, secret, party, now)
    entered = RedirectResponse("/oma", SEE_OTHER)
    entered.set_cookie(
        cookie_name(settings),
        cookie,
        max_age=int(logins.SESSION_LIFETIME.total_seconds()),
        secure=settings.public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return entered


@router.get("/oma")
def show_own(db: Db, now: Now, request: Request, settings: Configured) -> Response:
    who = visitor(db, request, settings, now)
    if who is None:
        return RedirectResponse("/kirjaudu", SEE_OTHER)
    return pages.show(
        "own.html",
        account=logins.account_of(db, who),
        meetings=meetings_ahead.of_principal(db, who, now),
        token=logins.form_token(settings.link_key, cookie_of(request, settings)),
    )


@router.post("/ulos")
def leave(db: Db, request: Request, settings: Configured, token: Annotated[str, Form()] = "") -> Response:
    cookie = cookie_of(request, settings)
    if not logins.is_form_token(settings.link_key, cookie, token):
        raise Forbidden
    logins.leave(db, cookie)
    left = RedirectResponse("/", SEE_OTHER)
    left.delete_cookie(cookie_name(settings), secure=settings.public_url.startswith("https:"), httponly=True)
    return left
