"""Credentials for the API: given to a supervisor or a client, shown once, revoked at any time."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.booking import access, audit, credentials
from services.booking.models import Credential
from services.database import Database
from services.web.problems import NotFound
from services.web.tokens import Principal, Reader, Role, Staff
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["credentials"])


class CredentialShown(BaseModel):
    client_id: str
    created_at: datetime
    revoked_at: datetime | None


class CredentialIssued(CredentialShown):
    """The only answer that ever holds the secret."""

    client_secret: str


class Credentials(BaseModel):
    items: list[CredentialShown]


def _issue(db: Database, who: Principal, role: Role, party_id: UUID, now: datetime) -> CredentialIssued:
    issued = credentials.issue(db, role, party_id, now)
    audit.note(db, now, who.credential, "credential.issued", f"{role}/{party_id}")
    return CredentialIssued(client_secret=issued.client_secret, **_shown(issued.credential).model_dump())


def _shown(credential: Credential) -> CredentialShown:
    return CredentialShown.model_validate(credential, from_attributes=True)


def _list(db: Database, party_id: UUID) -> Credentials:
    return Credentials(items=[_shown(one) for one in credentials.of_party(db, party_id)])


def _revoke(db: Database, who: Principal, party_id: UUID, client_id: str, now: datetime) -> None:
    if not client_id.isprintable():
        raise NotFound
    credentials.revoke(db, party_id, client_id, now)
    audit.note(db, now, who.credential, "credential.revoked", f"credential/{client_id}")


@router.post("/supervisors/{supervisor_id}/credentials", status_code=201)
def issue_to_supervisor(db: Db, now: Now, who: Staff, supervisor_id: UUID) -> CredentialIssued:
    supervisor = access.practice(db, who, supervisor_id)
    return _issue(db, who, Role.supervisor, supervisor.id, now)


@router.get("/supervisors/{supervisor_id}/credentials")
def list_of_supervisor(db: Db, who: Staff, supervisor_id: UUID) -> Credentials:
    return _list(db, access.practice(db, who, supervisor_id).id)


@router.delete("/supervisors/{supervisor_id}/credentials/{client_id}", status_code=204)
def revoke_from_supervisor(db: Db, now: Now, who: Staff, supervisor_id: UUID, client_id: str) -> None:
    _revoke(db, who, access.practice(db, who, supervisor_id).id, client_id, now)


@router.post("/clients/{party_id}/credentials", status_code=201)
def issue_to_client(db: Db, now: Now, who: Reader, party_id: UUID) -> CredentialIssued:
    """A client may renew its own."""
    return _issue(db, who, Role.client, access.client(db, who, party_id).id, now)


@router.get("/clients/{party_id}/credentials")
def list_of_client(db: Db, who: Reader, party_id: UUID) -> Credentials:
    return _list(db, access.client(db, who, party_id).id)


@router.delete("/clients/{party_id}/credentials/{client_id}", status_code=204)
def revoke_from_client(db: Db, now: Now, who: Reader, party_id: UUID, client_id: str) -> None:
    _revoke(db, who, access.client(db, who, party_id).id, client_id, now)
