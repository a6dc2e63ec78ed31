"""Who asks: one-hour tokens that booking signs and every service verifies by itself. They run on real time."""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from services.web.problems import Forbidden, Unauthenticated

ALGORITHM = "EdDSA"
AUDIENCE = "tyonohjaus"
LIFETIME = timedelta(hours=1)
LEEWAY = timedelta(seconds=10)


class Role(StrEnum):
    """What somebody may do: all of it, a supervisor's work, or a client's."""

    admin = "admin"
    supervisor = "supervisor"
    client = "client"


@dataclass(frozen=True)
class Principal:
    """The one who asks. `party_id` is their supervisor or client; an admin has none."""

    role: Role
    party_id: UUID | None
    credential: str


def matches(signing_key: str, verify_key: str) -> bool:
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(signing_key))
    return private.public_key().public_bytes_raw() == base64.b64decode(verify_key)


def sign(signing_key: str, principal: Principal, at: datetime | None = None) -> str:
    issued = at or datetime.now(UTC)
    claims = {
        "sub": principal.credential,
        "aud": AUDIENCE,
        "iat": issued,
        "exp": issued + LIFETIME,
        "role": principal.role.value,
        "party": str(principal.party_id) if principal.party_id else None,
    }
    return jwt.encode(claims, Ed25519PrivateKey.from_private_bytes(base64.b64decode(signing_key)), ALGORITHM)


def verify(verify_key: str, token: str) -> Principal:
    """The principal that a token speaks for. Raises Unauthenticated for any token that is not ours or not now."""
    try:
        principal, expires = _signed(verify_key, token)
        if expires + LEEWAY.total_seconds() <= time.time():
            raise jwt.ExpiredSignatureError
        return principal
    except (jwt.InvalidTokenError, ValueError, KeyError, TypeError) as error:
        raise Unauthenticated(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}) from error


@lru_cache(maxsize=1000)
def _signed(verify_key: str, token: str) -> tuple[Principal, float]:
    """Who a token that we signed speaks for, and until when. A program sends the same one with each of its calls."""
    claims = jwt.decode(
        token,
        Ed25519PublicKey.from_public_bytes(base64.b64decode(verify_key)),
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        leeway=LEEWAY,
        options={"require": ["exp", "iat", "sub", "aud"]},
    )
    return _principal(claims), float(claims["exp"])


def _principal(claims: dict[str, Any]) -> Principal:
    role, party = Role(claims["role"]), claims["party"]
    if (party is None) is not (role is Role.admin):
        raise ValueError("only an admin speaks for nobody")
    return Principal(role, UUID(party) if party else None, claims["sub"])


def principal_of(request: Request) -> Principal | None:
    """Who sent this request; None when it carries no token at all."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    if not hasattr(request.state, "principal"):
        request.state.principal = verify(request.app.state.settings.token_verify_key, token.strip())
    principal: Principal = request.state.principal
    return principal


async def _authenticated(request: Request, _: Annotated[object, Depends(HTTPBearer(auto_error=False))]) -> Principal:
    principal = principal_of(request)
    if principal is None:
        raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
    return principal


Reader = Annotated[Principal, Depends(_authenticated)]
"""Anybody with a token; what they see is the use case's to decide."""


def require(*roles: Role) -> Callable[[Principal], Any]:
    """A dependency that lets only these roles pass."""

    async def allowed(principal: Reader) -> Principal:
        if principal.role not in roles:
            raise Forbidden
        return principal

    return allowed


Admin = Annotated[Principal, Depends(require(Role.admin))]
Staff = Annotated[Principal, Depends(require(Role.admin, Role.supervisor))]
