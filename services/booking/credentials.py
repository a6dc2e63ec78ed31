"""The identities of API clients: a secret is shown once and known by its digest ever after."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from services.booking.models import Credential
from services.booking.settings import Settings
from services.database import Database
from services.web.problems import NotFound
from services.web.tokens import Principal, Role

NOBODY = hashlib.sha256(b"nobody").hexdigest()


@dataclass(frozen=True)
class Issued:
    """A credential with its secret, which is nowhere else."""

    credential: Credential
    client_secret: str


def digest(secret: str) -> str:
    """Good enough for 256 random bits, which nobody guesses; passwords of people would need more."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(db: Database, role: Role, party_id: UUID, now: datetime) -> Issued:
    secret = secrets.token_urlsafe(32)
    credential = Credential(
        client_id=f"{role}-{secrets.token_hex(8)}",
        secret_digest=digest(secret),
        role=role,
        party_id=party_id,
        created_at=now,
    )
    db.add(credential)
    db.flush()
    return Issued(credential, secret)


def of_party(db: Database, party_id: UUID) -> list[Credential]:
    query = select(Credential).where(Credential.party_id == party_id)
    return list(db.scalars(query.order_by(col(Credential.created_at), col(Credential.client_id))))


def revoke(db: Database, party_id: UUID, client_id: str, now: datetime) -> None:
    """No new tokens from now on; those already given end within their hour."""
    credential = db.get(Credential, client_id)
    if credential is None or credential.party_id != party_id:
        raise NotFound
    credential.revoked_at = credential.revoked_at or now


def recognise(db: Database, settings: Settings, client_id: str, client_secret: str) -> Principal | None:
    """Whose credentials these are. It takes as long for an unknown id as for a wrong secret."""
    if client_id == settings.admin_client_id:
        known, principal = digest(settings.admin_client_secret), Principal(Role.admin, None, client_id)
        return principal if _same(known, client_secret) else None
    credential = db.get(Credential, client_id) if client_id.isprintable() else None
    known = credential.secret_digest if credential and credential.revoked_at is None else NOBODY
    if not _same(known, client_secret) or credential is None:
        return None
    return Principal(Role(credential.role), credential.party_id, client_id)


def _same(known: str, client_secret: str) -> bool:
    return hmac.compare_digest(known, digest(client_secret))
