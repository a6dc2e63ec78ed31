"""Credentials of API clients: the secret is shown once, only its digest is stored."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from services.booking.models.people import Client, Supervisor
from services.booking.models.security import Credential
from services.booking.security import access, audit
from services.booking.settings import Settings
from services.core.database import Database
from services.web.errors.problems import NotFound, Problem, Unauthenticated
from services.web.i18n.language import Text
from services.web.protocol import idempotency
from services.web.security.tokens import Principal, Role

T = TypeVar("T")

UNKNOWN_DIGEST = hashlib.sha256(b"nobody").hexdigest()

AT_ONCE = 50
"""How many live credentials a party may have: one for each program of a large firm, but no heap."""
ENDS_ARE_NEWS = timedelta(days=30)
"""How long a client is told on its page of a credential that ended by itself."""
RevokedBecause = Literal["another_supervisor", "supervisor_deactivated"]


class TooManyCredentials(Problem):
    """This party already has as many credentials as it may have."""

    status = 409
    finnish = "Tunnuksia on jo liian monta."
    advice = Text(fi="Sulje ensin ne, joita ei enää käytetä.", en="Revoke those that are no longer used first.")


@dataclass(frozen=True)
class IssuedCredential:
    """A new credential with its secret, which is stored nowhere."""

    credential: Credential
    client_secret: str


def digest_of_secret(secret: str) -> str:
    """A plain hash is enough for 256 random bits; passwords of people would need a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_credential(db: Database, who: Principal, role: Role, party_id: UUID, now: datetime) -> IssuedCredential:
    """To a client, the caller holds the lock on its row: what it has may be ended at the same time."""
    if len([one for one in list_credentials(db, party_id) if one.revoked_at is None]) >= AT_ONCE:
        raise TooManyCredentials
    secret = secrets.token_urlsafe(32)
    credential = Credential(
        client_id=f"{role}-{secrets.token_hex(8)}",
        secret_digest=digest_of_secret(secret),
        role=role,
        party_id=party_id,
        issued_by=_issuer(db, who) if role is Role.client else None,
        created_at=now,
    )
    db.add(credential)
    db.flush()
    idempotency.withhold_answer(db)
    audit.note(db, now, "credential.issued", f"{role}/{party_id}")
    return IssuedCredential(credential, secret)


def _issuer(db: Database, who: Principal) -> UUID | None:
    """The supervisor on whom a credential depends: also one that a client makes by what a supervisor made for it."""
    by = db.get(Credential, who.credential)
    inherited = by.issued_by if by else None
    issuer = who.party_id if who.role is Role.supervisor else inherited
    if _has_ended(db, by, issuer):
        raise Unauthenticated
    return issuer


def list_credentials(db: Database, party_id: UUID) -> list[Credential]:
    query = select(Credential).where(Credential.party_id == party_id)
    return list(db.scalars(query.order_by(col(Credential.created_at), col(Credential.client_id))))


def list_lately_ended(db: Database, party_id: UUID, now: datetime) -> list[Credential]:
    """What nobody revoked, but ended by itself."""
    given = list_credentials(db, party_id)
    return [one for one in given if one.revoked_because and one.revoked_at and one.revoked_at > now - ENDS_ARE_NEWS]


def revoke_credential(db: Database, party_id: UUID, client_id: str, now: datetime) -> None:
    """No new tokens from now on, and those already given are refused within seconds."""
    credential = db.get(Credential, client_id) if client_id.isprintable() else None
    if credential is None or credential.party_id != party_id:
        raise NotFound
    if credential.revoked_at is None:
        credential.revoked_at = now
        access.end_access(db, [client_id])
    audit.note(db, now, "credential.revoked", f"credential/{client_id}")


def end_issued_by_others(db: Database, client_id: UUID, supervisor_id: UUID, now: datetime) -> None:
    """A client that works with another supervisor too is in its own hands."""
    db.execute(select(Client.id).where(col(Client.id) == client_id).with_for_update(key_share=True))
    others = col(Credential.issued_by) != supervisor_id
    _end_of_clients(db, "another_supervisor", now, col(Credential.party_id) == client_id, others)


def end_issued_by(db: Database, supervisor_id: UUID, now: datetime) -> None:
    """The caller holds the lock on the supervisor's row."""
    _end_of_clients(db, "supervisor_deactivated", now, col(Credential.issued_by) == supervisor_id)


def _end_of_clients(db: Database, because: RevokedBecause, now: datetime, *which: ColumnElement[bool]) -> None:
    query = select(Credential).where(col(Credential.revoked_at).is_(None), *which)
    ended = db.scalars(query.order_by(col(Credential.client_id)).with_for_update()).all()
    for credential in ended:
        credential.revoked_at, credential.revoked_because = now, because
    access.end_access(db, [credential.client_id for credential in ended])


def authenticate_credential(db: Database, settings: Settings, client_id: str, client_secret: str) -> Principal | None:
    """The principal with these credentials, if any. An unknown id takes as long as a wrong secret."""
    if client_id == settings.admin_client_id:
        expected, principal = digest_of_secret(settings.admin_client_secret), Principal(Role.admin, None, client_id)
        return principal if _secret_matches(expected, client_secret) else None
    credential = db.get(Credential, client_id) if client_id.isprintable() else None
    expected = credential.secret_digest if credential else UNKNOWN_DIGEST
    if not _secret_matches(expected, client_secret) or credential is None:
        return None
    supervisor_id = credential.party_id if credential.role == Role.supervisor else credential.issued_by
    if _has_ended(db, credential, supervisor_id):
        return None
    return Principal(Role(credential.role), credential.party_id, client_id)


def _has_ended(db: Database, credential: Credential | None, supervisor_id: UUID | None) -> bool:
    """As it is now: whoever is ending it is waited for, and waits until what follows from it was given."""
    supervisor = _held(db, Supervisor, supervisor_id) if supervisor_id else None
    if supervisor and supervisor.deactivated_at:
        return True
    held = _held(db, Credential, credential.client_id) if credential else None
    return held is not None and held.revoked_at is not None


def _held(db: Database, table: type[T], key: UUID | str) -> T | None:
    return db.get(table, key, with_for_update={"read": True}, populate_existing=True)


def _secret_matches(expected: str, client_secret: str) -> bool:
    return hmac.compare_digest(expected, digest_of_secret(client_secret))
