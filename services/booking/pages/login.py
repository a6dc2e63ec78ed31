"""Who is logged in: dependencies for the pages, and the cookie by which all three services know it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from services.booking.dependencies import Configured
from services.booking.security import browser_sessions
from services.booking.security.browser_names import browser_name
from services.booking.security.browser_sessions import BrowserAtLogin, NewSession
from services.booking.settings import Settings
from services.web.errors.problems import NotFound
from services.web.pages.forms import Typed
from services.web.pages.visiting import CONTINUATION
from services.web.security import login_cookie, proof
from services.web.security.csrf import SAFE_METHODS, ForeignForm, is_same_origin
from services.web.security.proof import ProofNeeded
from services.web.security.tokens import Role
from services.web.security.visitors import HOMES, Elsewhere, LoginExpired, Visitor, is_path, path_here, redirect
from services.web.transactions import Db, Now, TransactionalRoute, afterwards

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)


def read_login_secret(request: Request, settings: Settings) -> str:
    return login_cookie.secret_of(settings.token_verify_key, login_cookie.read_cookie(request, settings))


def logged_in_visitor(db: Db, now: Now, request: Request, settings: Configured) -> Visitor | None:
    """Whoever has logged in with this browser."""
    found = browser_sessions.find_session(db, settings, read_login_secret(request, settings), now)
    if found is None:
        return None
    session = found.session
    if browser_sessions.is_to_be_noted(session, now):
        afterwards(db, lambda db: browser_sessions.note_seen(db, session, now))
    return Visitor(found.principal, found.account.full_name, session.created_at.timestamp())


RememberField = Annotated[bool, Form(alias="muista")]
"""Whether the browser is to be remembered for longer; the box is offered to supervisors and the admin."""

MaybeLoggedIn = Annotated[Visitor | None, Depends(logged_in_visitor)]


async def _require_login(visitor: MaybeLoggedIn, request: Request, typed: Typed) -> Visitor:
    unsafe = request.method not in SAFE_METHODS
    if visitor is None and unsafe:
        raise LoginExpired(typed, "/kirjaudu")
    if visitor is None:
        raise Elsewhere(redirect("/kirjaudu", paluu=path_here(request)))
    if unsafe and not is_same_origin(request):
        raise ForeignForm
    request.state.principal = visitor.principal
    return visitor


LoggedIn = Annotated[Visitor, Depends(_require_login)]


def visitor_with_role(*roles: Role) -> Any:
    """The dependency that yields a visitor of these roles; for others the page is not found."""

    async def of_role(visitor: LoggedIn) -> Visitor:
        if visitor.role not in roles:
            raise NotFound
        return visitor

    return Depends(of_role)


def visitor_with_proof(*roles: Role, is_file: bool = False) -> Any:
    """The same, who has lately shown who they are; others do so first, and come back."""

    async def proved(
        visitor: Annotated[Visitor, visitor_with_role(*roles)], request: Request, now: Now, typed: Typed
    ) -> Visitor:
        if proof.is_fresh(visitor, now):
            return visitor
        if request.method not in SAFE_METHODS:
            raise ProofNeeded(typed, "/vahvista")
        raise Elsewhere(redirect("/vahvista", paluu=proof.path_to_come_back_to(request, is_file=is_file)))

    return Depends(proved)


LoggedInSupervisor = Annotated[Visitor, visitor_with_role(Role.supervisor)]
"""A supervisor on their own pages, under /tyo."""

LoggedInClient = Annotated[Visitor, visitor_with_role(Role.client)]
"""A client's contact on theirs, under /oma."""

LoggedInAdmin = Annotated[Visitor, visitor_with_role(Role.admin)]
"""Whoever runs the installation, under /yllapito."""

STAFF = (Role.supervisor, Role.admin)
LoggedInStaff = Annotated[Visitor, visitor_with_role(*STAFF)]
"""Either of them, on the pages of their own login."""

ProvedSupervisor = Annotated[Visitor, visitor_with_proof(Role.supervisor)]
ProvedAdmin = Annotated[Visitor, visitor_with_proof(Role.admin)]
ProvedClient = Annotated[Visitor, visitor_with_proof(Role.client)]
ProvedStaff = Annotated[Visitor, visitor_with_proof(*STAFF)]
ProvedAnybody = Annotated[Visitor, visitor_with_proof(*Role)]
SupervisorTakingOut = Annotated[Visitor, visitor_with_proof(Role.supervisor, is_file=True)]
"""For files with what is stored in their practice."""


@router.get(CONTINUATION)
def continue_login(
    db: Db, now: Now, request: Request, settings: Configured, return_to: Annotated[str, Query(alias="paluu")] = "/"
) -> Response:
    """Write the cookie anew, which speaks to the other services for an hour, and lead back to one of their pages."""
    if not is_path(return_to):
        raise NotFound
    secret = read_login_secret(request, settings)
    found = browser_sessions.find_session(db, settings, secret, now)
    if found is None:
        return redirect("/kirjaudu", paluu=return_to)
    response = redirect(return_to)
    set_login_cookie(response, settings, NewSession(secret, found), now)
    return response


def remember_return_path(response: RedirectResponse | Response, settings: Settings, target: str) -> None:
    """In a cookie: the login link may be opened much later."""
    secure = settings.public_url.startswith("https:")
    response.set_cookie("paluu", target, max_age=1800, secure=secure, httponly=True, samesite="lax", path="/kirjaudu")


def remembered_return_path(request: Request, visitor_home: str) -> str:
    target = request.cookies.get("paluu", "")
    return target if target and is_path(target) else visitor_home


def browser_at_login(request: Request, settings: Settings, *, is_remembered: bool) -> BrowserAtLogin:
    name = browser_name(request.headers.get("user-agent", ""))
    return BrowserAtLogin(read_login_secret(request, settings), name, is_remembered)


def enter(request: Request, settings: Settings, login: NewSession, now: Now, home: str = "") -> Response:
    """Lead whoever has just logged in to where they wanted to be."""
    response = redirect(remembered_return_path(request, home or HOMES[login.found.account.role]))
    response.delete_cookie("paluu", path="/kirjaudu")
    set_login_cookie(response, settings, login, now)
    return response


def set_login_cookie(response: Response, settings: Settings, login: NewSession, now: Now) -> None:
    (secret, (session, account)), who = login, login.found.principal
    proved_at = session.created_at.timestamp()
    cookie = login_cookie.signed_login(settings.token_signing_key, secret, who, account.full_name, proved_at)
    login_cookie.set_cookie(response, settings, cookie, session.expires_at - now)
