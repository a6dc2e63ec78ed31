"""Who looks at booking's pages: what endpoints ask for, and tickets for the pages of the other services."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.booking import logins
from services.booking.parties_api import Configured
from services.booking.settings import Settings
from services.web import visitors
from services.web.forms import Typed
from services.web.origin import SAFE_METHODS, ForeignForm, is_ours
from services.web.problems import NotFound
from services.web.tokens import Role
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visiting import SERVICES
from services.web.visitors import Elsewhere, LoginExpired, Visitor, here, is_path, redirect

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)


def cookie_name(settings: Settings) -> str:
    """The prefix makes browsers keep the cookie to this very host, over HTTPS only."""
    return "__Host-istunto" if settings.public_url.startswith("https:") else "istunto"


def cookie_of(request: Request, settings: Settings) -> str:
    return request.cookies.get(cookie_name(settings), "")


async def known(db: Db, now: Now, request: Request, settings: Configured) -> Visitor | None:
    """Whoever has logged in with this browser."""
    who = logins.principal_of(db, cookie_of(request, settings), now)
    account = logins.account_of(db, settings, who) if who else None
    return visitors.visitor(who, account.full_name, settings) if who and account else None


Known = Annotated[Visitor | None, Depends(known)]


async def _required(visitor: Known, request: Request, typed: Typed) -> Visitor:
    unsafe = request.method not in SAFE_METHODS
    if visitor is None and unsafe:
        raise LoginExpired(typed, "/kirjaudu")
    if visitor is None:
        raise Elsewhere(redirect("/kirjaudu", paluu=here(request)))
    if unsafe and not is_ours(request):
        raise ForeignForm
    request.state.principal = visitor.principal
    return visitor


LoggedIn = Annotated[Visitor, Depends(_required)]


def only(role: Role) -> Any:
    """The dependency that yields a visitor of this role; others find nothing here."""

    async def fitting(visitor: LoggedIn) -> Visitor:
        if visitor.role is not role:
            raise NotFound
        return visitor

    return Depends(fitting)


Supervising = Annotated[Visitor, only(Role.supervisor)]
"""A supervisor on their own pages, under /tyo."""

Ordering = Annotated[Visitor, only(Role.client)]
"""A client's contact on theirs, under /oma."""

Administering = Annotated[Visitor, only(Role.admin)]
"""Whoever runs the installation, under /yllapito."""


@router.get("/siirry")
def go_on(visitor: Known, request: Request, settings: Configured, kohde: str, tila: str, paluu: str = "/") -> Response:
    """Send a browser back to the service that does not know it yet, with a ticket that says who it is."""
    if kohde not in SERVICES or not is_path(paluu):
        raise NotFound
    if visitor is None:
        return redirect("/kirjaudu", paluu=here(request))
    place = {"raportit": settings.reporting_public_url, "viestit": settings.notifier_public_url}[kohde]
    who, key = visitor.principal, settings.token_signing_key
    ticket = visitors.issue_ticket(key, who, visitor.name, SERVICES[kohde], tila)
    return redirect(f"{place}/tulo", lippu=ticket, paluu=paluu)


def remember_way_back(response: RedirectResponse | Response, settings: Settings, target: str) -> None:
    """The login link may be opened much later; the browser that asked for it knows where it wanted to go."""
    secure = settings.public_url.startswith("https:")
    response.set_cookie("paluu", target, max_age=1800, secure=secure, httponly=True, samesite="lax", path="/kirjaudu")


def way_back(request: Request, visitor_home: str) -> str:
    target = request.cookies.get("paluu", "")
    return target if target and is_path(target) else visitor_home
