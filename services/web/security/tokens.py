"""Who asks: one-hour tokens that booking signs and every service verifies by itself. They run on real time.

A token names the key that signed it (`kid`). Both keys may be lists, the newest first: it signs, all of them verify.
"""

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Annotated, Any, TypeVar
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from services.core.encryption import key_id
from services.web.errors.problems import Forbidden, Problem, Unauthenticated

ALGORITHM = "EdDSA"
AUDIENCE = "tyonohjaus"
LIFETIME = timedelta(hours=1)
LEEWAY = timedelta(seconds=10)

K = TypeVar("K")


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
    """Whether everybody who has these keys verifies what the newest one signs."""
    return _name(_signing_key(signing_key).public_key()) in verify_keys(verify_key)


@cache
def verify_keys(verify_key: str) -> dict[str, Ed25519PublicKey]:
    """The keys by their names, the newest first."""
    keys = [Ed25519PublicKey.from_public_bytes(base64.b64decode(key)) for key in verify_key.split(",")]
    return {_name(key): key for key in keys}


@cache
def _signing_key(signing_key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(signing_key.partition(",")[0]))


def _name(key: Ed25519PublicKey) -> str:
    return key_id(key.public_bytes_raw()).hex()


def signed(signing_key: str, claims: dict[str, Any]) -> str:
    key = _signing_key(signing_key)
    return jwt.encode(claims, key, ALGORITHM, headers={"kid": _name(key.public_key())})


def key_named(token: str, keys: Mapping[str, K]) -> K:
    """The key that a token says it was signed by. Up to version 0.1 it did not say so: then it is the oldest."""
    name = jwt.get_unverified_header(token).get("kid") or list(keys)[-1]
    if name not in keys:
        raise jwt.InvalidTokenError("signed by a key that is not known")
    return keys[name]


def sign(signing_key: str, principal: Principal) -> str:
    issued = datetime.now(UTC)
    claims = {
        "sub": principal.credential,
        "aud": AUDIENCE,
        "iat": issued.timestamp(),
        "exp": issued + LIFETIME,
        "role": principal.role.value,
        "party": str(principal.party_id) if principal.party_id else None,
    }
    return signed(signing_key, claims)


def verify(verify_key: str, token: str) -> Principal:
    """The principal that a token speaks for. Raises Unauthenticated for any token that is not ours or not now."""
    return _verified(verify_key, token)[0]


def _verified(verify_key: str, token: str) -> tuple[Principal, float]:
    """The same, and since when."""
    try:
        principal, issued, expires = _signed(verify_key, token)
        if expires + LEEWAY.total_seconds() <= time.time():
            raise jwt.ExpiredSignatureError
        return principal, issued
    except (jwt.InvalidTokenError, ValueError, KeyError, TypeError) as error:
        raise _refused() from error


def _refused() -> Unauthenticated:
    return Unauthenticated(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


@lru_cache(maxsize=1000)
def _signed(verify_key: str, token: str) -> tuple[Principal, float, float]:
    """Who a token that we signed speaks for, from when and until when. A program sends one with each of its calls."""
    claims = jwt.decode(
        token,
        key_named(token, verify_keys(verify_key)),
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        leeway=LEEWAY,
        options={"require": ["exp", "iat", "sub", "aud"]},
    )
    return _principal(claims), float(claims["iat"]), float(claims["exp"])


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
        principal, issued = _verified(request.app.state.settings.token_verify_key, token.strip())
        if request.app.state.access.has_ended(principal, issued):
            raise _refused()
        request.state.principal = principal
    known: Principal = request.state.principal
    return known


async def _authenticated(request: Request, _: Annotated[object, Depends(HTTPBearer(auto_error=False))]) -> Principal:
    principal = principal_of(request)
    if principal is None:
        raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
    return principal


Reader = Annotated[Principal, Depends(_authenticated)]
"""Anybody with a token; what they see is the use case's to decide."""


CALLERS: dict[Any, frozenset[Role]] = {_authenticated: frozenset(Role)}
"""Whom a dependency lets pass, for the description of the API."""


def callers_of(dependency: Any) -> frozenset[Role] | None:
    return CALLERS.get(dependency)


def require(*roles: Role, otherwise: type[Problem] = Forbidden) -> Callable[[Principal], Any]:
    """A dependency that lets only these roles pass."""

    async def allowed(principal: Reader) -> Principal:
        if principal.role not in roles:
            raise otherwise
        return principal

    CALLERS[allowed] = frozenset(roles)
    return allowed


Admin = Annotated[Principal, Depends(require(Role.admin))]
Staff = Annotated[Principal, Depends(require(Role.admin, Role.supervisor))]
TheSupervisor = Annotated[Principal, Depends(require(Role.supervisor))]
