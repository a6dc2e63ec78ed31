"""The API of credentials of supervisors and clients: issued, with the secret shown once, and revoked."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.booking.models.security import Credential
from services.booking.security import credentials, permissions
from services.booking.security.credentials import RevokedBecause, TooManyCredentials
from services.core.database import Database
from services.web.errors.problems import documented
from services.web.security.tokens import Principal, Reader, Role, Staff
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["credentials"])


class CredentialPublic(BaseModel):
    client_id: str
    created_at: datetime
    revoked_at: datetime | None
    revoked_because: RevokedBecause | None = Field(
        description="Why it ended by itself: what a supervisor issued to a client ends when another works for it too."
    )


class CredentialIssued(CredentialPublic):
    """The only response that holds the secret."""

    client_secret: str


class Credentials(BaseModel):
    items: list[CredentialPublic]
    next_cursor: None = None


def _issue(db: Database, who: Principal, role: Role, party_id: UUID, now: datetime) -> CredentialIssued:
    issued = credentials.issue_credential(db, who, role, party_id, now)
    return CredentialIssued(client_secret=issued.client_secret, **_public(issued.credential).model_dump())


def _public(credential: Credential) -> CredentialPublic:
    return CredentialPublic.model_validate(credential, from_attributes=True)


def _list(db: Database, party_id: UUID) -> Credentials:
    return Credentials(items=[_public(one) for one in credentials.list_credentials(db, party_id)])


@router.post("/supervisors/{supervisor_id}/credentials", status_code=201, responses=documented(TooManyCredentials))
def create_supervisor_credential(db: Db, now: Now, who: Staff, supervisor_id: UUID) -> CredentialIssued:
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id, lock=True)
    return _issue(db, who, Role.supervisor, supervisor.id, now)


@router.get("/supervisors/{supervisor_id}/credentials")
def list_supervisor_credentials(db: Db, who: Staff, supervisor_id: UUID) -> Credentials:
    return _list(db, permissions.find_managed_supervisor(db, who, supervisor_id).id)


@router.delete("/supervisors/{supervisor_id}/credentials/{client_id}", status_code=204)
def revoke_supervisor_credential(db: Db, now: Now, who: Staff, supervisor_id: UUID, client_id: str) -> None:
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id)
    credentials.revoke_credential(db, supervisor.id, client_id, now)


@router.post("/clients/{party_id}/credentials", status_code=201, responses=documented(TooManyCredentials))
def create_client_credential(db: Db, now: Now, who: Reader, party_id: UUID) -> CredentialIssued:
    """A client may issue credentials to itself, and its supervisor if it has no other."""
    client = permissions.find_client(db, who, party_id, lock=True)
    permissions.ensure_client_is_not_shared(db, who, client)
    return _issue(db, who, Role.client, client.id, now)


@router.get("/clients/{party_id}/credentials")
def list_client_credentials(db: Db, who: Reader, party_id: UUID) -> Credentials:
    client = permissions.find_client(db, who, party_id)
    permissions.ensure_client_is_not_shared(db, who, client)
    return _list(db, client.id)


@router.delete("/clients/{party_id}/credentials/{client_id}", status_code=204)
def revoke_client_credential(db: Db, now: Now, who: Reader, party_id: UUID, client_id: str) -> None:
    client = permissions.find_client(db, who, party_id)
    permissions.ensure_client_is_not_shared(db, who, client)
    credentials.revoke_credential(db, client.id, client_id, now)
