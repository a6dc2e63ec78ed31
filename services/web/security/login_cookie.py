"""The one cookie of somebody who has logged in: booking signs it, and each of the services verifies it by itself.

It holds the secret by which booking finds the login, and who that is; booking's own pages ask the database. To the
other services it speaks for an hour, or until the login is ended (`services.web.security.access`); then they send the
browser to booking, which writes it anew if the login still stands, and nobody notices.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import jwt
from starlette.requests import Request
from starlette.responses import Response

from services.core.settings import ServiceSettings
from services.web.security import tokens
from services.web.security.tokens import Principal, Role

LIFETIME = timedelta(hours=1)
AUDIENCE = "tyonohjaus: browser"
"""No token of a program is a cookie, and no cookie a token."""


class Login(NamedTuple):
    """For whom a cookie speaks, and since when on real time."""

    secret: str
    principal: Principal
    name: str
    proved_at: float
    known_since: float


def signed_login(signing_key: str, secret: str, principal: Principal, name: str, proved_at: float) -> str:
    now = datetime.now(UTC)
    party = str(principal.party_id) if principal.party_id else None
    claims = {"aud": AUDIENCE, "iat": now.timestamp(), "exp": now + LIFETIME, "jti": secret}
    claims |= {"sub": principal.credential, "role": principal.role.value, "party": party}
    return tokens.signed(signing_key, claims | {"name": name, "proved": proved_at})


def login_of(verify_key: str, cookie: str) -> Login | None:
    """Who a cookie speaks for; None unless booking signed it within the hour."""
    claims = _claims(verify_key, cookie)
    if claims is None:
        return None
    principal = Principal(Role(claims["role"]), UUID(claims["party"]) if claims["party"] else None, claims["sub"])
    return Login(claims["jti"], principal, claims["name"], float(claims["proved"]), float(claims["iat"]))


def secret_of(verify_key: str, cookie: str) -> str:
    """By which booking finds the login, however old the cookie is. Up to version 0.1 the cookie was the secret."""
    claims = _claims(verify_key, cookie, verify_exp=False)
    return str(claims["jti"]) if claims else cookie


def _claims(verify_key: str, cookie: str, *, verify_exp: bool = True) -> dict[str, Any] | None:
    try:
        return jwt.decode(
            cookie,
            tokens.key_named(cookie, tokens.verify_keys(verify_key)),
            algorithms=[tokens.ALGORITHM],
            audience=AUDIENCE,
            leeway=tokens.LEEWAY,
            options={"require": ["exp", "iat", "sub", "aud", "jti"], "verify_exp": verify_exp},
        )
    except (jwt.InvalidTokenError, ValueError):
        return None


def read_cookie(request: Request, settings: ServiceSettings) -> str:
    return request.cookies.get(_name(settings), "")


def set_cookie(response: Response, settings: ServiceSettings, value: str, lifetime: timedelta) -> None:
    response.set_cookie(
        _name(settings),
        value,
        max_age=int(lifetime.total_seconds()),
        secure=_is_secure(settings),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, settings: ServiceSettings) -> None:
    response.delete_cookie(_name(settings), secure=_is_secure(settings), httponly=True, samesite="lax")


def _is_secure(settings: ServiceSettings) -> bool:
    return settings.public_url.startswith("https:")


def _name(settings: ServiceSettings) -> str:
    """The prefix makes browsers keep the cookie to this very host, over HTTPS only."""
    return "__Host-istunto" if _is_secure(settings) else "istunto"
