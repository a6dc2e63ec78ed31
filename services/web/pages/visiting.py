"""How the pages of a service that is not booking know who looks at them."""

from typing import Annotated, Any

from fastapi import Depends, Request

from services.core.settings import ServiceSettings
from services.web.errors.problems import NotFound
from services.web.pages.forms import Typed
from services.web.security import login_cookie, proof
from services.web.security.csrf import SAFE_METHODS, ForeignForm, is_same_origin
from services.web.security.tokens import Role
from services.web.security.visitors import Elsewhere, LoginExpired, Visitor, path_here, redirect
from services.web.transactions import Now

CONTINUATION = "/jatka"
"""Booking's page that writes a login's cookie anew, or leads to the login."""


def visiting(*roles: Role) -> Any:
    """The dependency that yields the Visitor; others are sent to log in, or find nothing here."""

    async def visitor(request: Request, typed: Typed) -> Visitor:
        settings: ServiceSettings = request.app.state.settings
        login = login_cookie.login_of(settings.token_verify_key, login_cookie.read_cookie(request, settings))
        if login is None or request.app.state.access.has_ended(login.principal, login.known_since):
            raise _login_needed(request, typed)
        if request.method not in SAFE_METHODS and not is_same_origin(request):
            raise ForeignForm
        request.state.principal = login.principal
        if login.principal.role not in roles:
            raise NotFound
        return Visitor(login.principal, login.name, login.proved_at)

    return Depends(visitor)


def taking_out(*roles: Role) -> Any:
    """The same for a file that leaves the practice: it asks for a fresh proof, which booking sees to."""

    async def proved(visitor: Annotated[Visitor, visiting(*roles)], request: Request, now: Now) -> Visitor:
        if not proof.is_fresh(visitor, now):
            back = proof.path_to_come_back_to(request, is_file=True)
            raise Elsewhere(redirect("/vahvista", paluu=back))
        return visitor

    return Depends(proved)


def _login_needed(request: Request, typed: dict[str, str]) -> Exception:
    """The page above a form, opened once more, leads to the login."""
    if request.method not in SAFE_METHODS:
        return LoginExpired(typed, request.url.path.rpartition("/")[0])
    return Elsewhere(redirect(CONTINUATION, paluu=path_here(request)))
