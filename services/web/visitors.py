"""Who looks at the pages, and how the other services learn it from booking, where people log in.

A page of another service sends a browser that it does not know to booking's /siirry. Booking sends it back with a
ticket, signed, for one service, valid for a minute and only in the browser that asked. In exchange the service sets
a cookie of its own for an hour; after that it asks booking again, and nobody notices.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.settings import ServiceSettings
from services.web.problems import NotFound, Problem
from services.web.tokens import Principal, Role

TICKET_LIFETIME = timedelta(minutes=1)
VISIT_LIFETIME = timedelta(hours=1)
ASKING_SECONDS = 600
SEE_OTHER = 303

HOMES = {Role.supervisor: "/tyo", Role.client: "/oma", Role.admin: "/yllapito"}
"""Booking's first page for each role."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who has logged in, with the name by which the pages greet them, and where the services are."""

    principal: Principal
    name: str
    booking: str
    reporting: str
    notifier: str

    @property
    def role(self) -> Role:
        return self.principal.role

    @property
    def party_id(self) -> UUID:
        """Whose pages these are: a supervisor's or a client's."""
        if self.principal.party_id is None:
            raise NotFound
        return self.principal.party_id

    @property
    def home(self) -> str:
        return self.booking + HOMES[self.role]


def visitor(principal: Principal, name: str, settings: ServiceSettings) -> Visitor:
    places = settings.public_url, settings.reporting_public_url, settings.notifier_public_url
    return Visitor(principal, name, *places)


class Elsewhere(Exception):
    """The browser has to go to another page first."""

    def __init__(self, response: Response) -> None:
        super().__init__("another page first")
        self.response = response


class LoginExpired(Problem):
    """You have been logged out in the meantime; nothing of what you wrote is lost."""

    status = 401
    finnish = "Kirjautumisesi on vanhentunut"

    def __init__(self, typed: dict[str, str], login: str) -> None:
        super().__init__()
        self.typed, self.login = typed, login


def is_path(target: str) -> bool:
    """Whether a target is a page of the same service, and nothing that a browser would take for another address."""
    return target.startswith("/") and target[1:2] not in ("/", "\\") and target.isprintable()


def here(request: Request) -> str:
    """The page that was asked for, with its question."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def redirect(address: str, **query: str) -> RedirectResponse:
    return RedirectResponse(f"{address}?{urlencode(query)}" if query else address, SEE_OTHER)


# -- tickets, from booking to another service --------------------------------------------------------------


def issue_ticket(signing_key: str, who: Principal, name: str, audience: str, state: str) -> str:
    claims = _claims(who, name) | {"aud": audience, "tila": state, "exp": datetime.now(UTC) + TICKET_LIFETIME}
    return jwt.encode(claims, Ed25519PrivateKey.from_private_bytes(base64.b64decode(signing_key)), "EdDSA")


def redeem_ticket(verify_key: str, ticket: str, audience: str, state: str) -> tuple[Principal, str] | None:
    """Who the ticket speaks for, with their name; None unless it is ours, fresh, and for this very browser."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(verify_key))
    claims = _decoded(ticket, key, "EdDSA", audience)
    if claims is None or not state or not hmac.compare_digest(str(claims.get("tila")).encode(), state.encode()):
        return None
    return _holder(claims)


def new_state() -> str:
    return secrets.token_urlsafe(24)


# -- the cookie of a service that is not booking -----------------------------------------------------------


def cookie_of(link_key: str, service: str, who: Principal, name: str) -> str:
    claims = _claims(who, name) | {"aud": service, "exp": datetime.now(UTC) + VISIT_LIFETIME}
    return jwt.encode(claims, _cookie_key(link_key, service), "HS256")


def holder_of(link_key: str, service: str, cookie: str) -> tuple[Principal, str] | None:
    claims = _decoded(cookie, _cookie_key(link_key, service), "HS256", service)
    return _holder(claims) if claims else None


def _cookie_key(link_key: str, service: str) -> bytes:
    return hmac.digest(link_key.encode(), f"visits:{service}".encode(), "sha256")


def _claims(who: Principal, name: str) -> dict[str, Any]:
    party = str(who.party_id) if who.party_id else None
    return {"sub": who.credential, "role": who.role.value, "party": party, "name": name}


def _decoded(token: str, key: Any, algorithm: str, audience: str) -> dict[str, Any] | None:
    required = {"require": ["exp", "sub", "aud"]}
    try:
        return jwt.decode(token, key, algorithms=[algorithm], audience=audience, options=required)  # type: ignore[arg-type]
    except (jwt.InvalidTokenError, ValueError):
        return None


def _holder(claims: dict[str, Any]) -> tuple[Principal, str]:
    party = claims["party"]
    return Principal(Role(claims["role"]), UUID(party) if party else None, claims["sub"]), claims["name"]
