"""How the pages of a service that is not booking know who looks at them: /tulo, /ulos, and what endpoints ask for."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.settings import ServiceSettings
from services.web import visitors
from services.web.forms import Typed
from services.web.origin import SAFE_METHODS, ForeignForm, is_ours
from services.web.problems import NotFound
from services.web.tokens import Role
from services.web.visitors import Elsewhere, LoginExpired, Visitor, here, is_path, redirect

SERVICES = {"raportit": "reporting", "viestit": "notifier"}
"""What the addresses of pages call the services."""


def router(service: str) -> APIRouter:
    """The doors of a service's pages: in with a ticket from booking, and out."""
    doors = APIRouter(include_in_schema=False)

    @doors.get("/tulo")
    async def enter(request: Request, lippu: str = "", paluu: str = "/") -> Response:
        settings = _settings(request)
        state = request.cookies.get(_name(settings, f"tila-{service}"), "")
        holder = visitors.redeem_ticket(settings.token_verify_key, lippu, SERVICES[service], state)
        if holder is None:
            return redirect(settings.public_url + "/kirjaudu")
        entered = redirect(paluu if is_path(paluu) else "/")
        cookie = visitors.cookie_of(settings.link_key, SERVICES[service], *holder)
        _set(entered, settings, f"istunto-{service}", cookie, int(visitors.VISIT_LIFETIME.total_seconds()))
        _drop(entered, settings, f"tila-{service}")
        return entered

    @doors.get("/ulos")
    async def leave(request: Request) -> Response:
        """A step on the way out of all services, which booking begins. Nothing but this browser's cookie changes."""
        settings = _settings(request)
        left = redirect(settings.notifier_public_url + "/ulos" if service == "raportit" else settings.public_url + "/")
        _drop(left, settings, f"istunto-{service}")
        return left

    return doors


def visiting(service: str, *roles: Role) -> Any:
    """The dependency that yields the Visitor; others are sent to log in, or find nothing here."""

    async def visitor(request: Request, typed: Typed) -> Visitor:
        settings = _settings(request)
        cookie = request.cookies.get(_name(settings, f"istunto-{service}"), "")
        holder = visitors.holder_of(settings.link_key, SERVICES[service], cookie)
        if holder is None:
            raise _login_needed(request, settings, service, typed)
        if request.method not in SAFE_METHODS and not is_ours(request):
            raise ForeignForm
        principal, name = holder
        request.state.principal = principal
        if principal.role not in roles:
            raise NotFound
        return visitors.visitor(principal, name, settings)

    return Depends(visitor)


def _login_needed(request: Request, settings: ServiceSettings, service: str, typed: dict[str, str]) -> Exception:
    if request.method not in SAFE_METHODS:
        return LoginExpired(typed, settings.public_url + "/kirjaudu")
    state = visitors.new_state()
    away = redirect(settings.public_url + "/siirry", kohde=service, tila=state, paluu=here(request))
    _set(away, settings, f"tila-{service}", state, visitors.ASKING_SECONDS)
    return Elsewhere(away)


def _settings(request: Request) -> ServiceSettings:
    settings: ServiceSettings = request.app.state.settings
    return settings


def _name(settings: ServiceSettings, name: str) -> str:
    """The prefix makes browsers keep the cookie to this very host, over HTTPS only."""
    return f"__Host-{name}" if settings.public_url.startswith("https:") else name


def _set(response: Response, settings: ServiceSettings, name: str, value: str, seconds: int) -> None:
    secure = settings.public_url.startswith("https:")
    response.set_cookie(
        _name(settings, name), value, max_age=seconds, secure=secure, httponly=True, samesite="lax", path="/"
    )


def _drop(response: Response, settings: ServiceSettings, name: str) -> None:
    secure = settings.public_url.startswith("https:")
    response.delete_cookie(_name(settings, name), secure=secure, httponly=True, samesite="lax", path="/")
