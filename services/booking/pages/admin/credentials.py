"""The pages of API credentials (rajapintatunnukset): issued, shown once, revoked."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.booking.pages.login import ProvedAdmin, ProvedClient, ProvedSupervisor
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import credentials, permissions
from services.core.database import Database
from services.web.security.tokens import Role
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)

OWN_PATH = "/tyo/asetukset/tunnukset"
OWN_CLIENT_PATH = "/oma/tunnukset"
SUPERVISOR_PATH = "/yllapito/tyonohjaajat/{party_id}/tunnukset"
CLIENT_PATH = "/yllapito/tilaajat/{party_id}/tunnukset"


@router.get(OWN_PATH)
def show_own_credentials(db: Db, visitor: ProvedSupervisor, done: DoneQuery = "") -> Response:
    return _page(db, visitor, visitor.party_id, visitor.name, OWN_PATH, done=done)


@router.post(OWN_PATH)
def issue_own_credential(db: Db, now: Now, visitor: ProvedSupervisor) -> Response:
    return _issue(db, now, visitor, Role.supervisor, visitor.party_id, visitor.name, OWN_PATH)


@router.post(OWN_PATH + "/{client_id}/sulje")
def revoke_own_credential(db: Db, now: Now, visitor: ProvedSupervisor, client_id: str) -> Response:
    return _revoke(db, now, visitor.party_id, client_id, OWN_PATH)


@router.get(OWN_CLIENT_PATH)
def show_own_credentials_as_client(db: Db, visitor: ProvedClient, done: DoneQuery = "") -> Response:
    return _page(db, visitor, visitor.party_id, visitor.name, OWN_CLIENT_PATH, done=done)


@router.post(OWN_CLIENT_PATH)
def issue_own_credential_as_client(db: Db, now: Now, visitor: ProvedClient) -> Response:
    client = permissions.find_client(db, visitor.principal, visitor.party_id, lock=True)
    return _issue(db, now, visitor, Role.client, client.id, visitor.name, OWN_CLIENT_PATH)


@router.post(OWN_CLIENT_PATH + "/{client_id}/sulje")
def revoke_own_credential_as_client(db: Db, now: Now, visitor: ProvedClient, client_id: str) -> Response:
    return _revoke(db, now, visitor.party_id, client_id, OWN_CLIENT_PATH)


@router.get(SUPERVISOR_PATH)
def show_credentials_of_supervisor(db: Db, visitor: ProvedAdmin, party_id: UUID, done: DoneQuery = "") -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, party_id)
    return _page(db, visitor, party_id, supervisor.name, SUPERVISOR_PATH.format(party_id=party_id), done=done)


@router.post(SUPERVISOR_PATH)
def issue_to_supervisor(db: Db, now: Now, visitor: ProvedAdmin, party_id: UUID) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, party_id)
    here = SUPERVISOR_PATH.format(party_id=party_id)
    return _issue(db, now, visitor, Role.supervisor, party_id, supervisor.name, here)


@router.post(SUPERVISOR_PATH + "/{client_id}/sulje")
def revoke_from_supervisor(db: Db, now: Now, visitor: ProvedAdmin, party_id: UUID, client_id: str) -> Response:
    return _revoke(db, now, party_id, client_id, SUPERVISOR_PATH.format(party_id=party_id))


@router.get(CLIENT_PATH)
def show_credentials_of_client(db: Db, visitor: ProvedAdmin, party_id: UUID, done: DoneQuery = "") -> Response:
    client = permissions.find_client(db, visitor.principal, party_id)
    return _page(db, visitor, party_id, client.name, CLIENT_PATH.format(party_id=party_id), done=done)


@router.post(CLIENT_PATH)
def issue_to_client(db: Db, now: Now, visitor: ProvedAdmin, party_id: UUID) -> Response:
    client = permissions.find_client(db, visitor.principal, party_id, lock=True)
    return _issue(db, now, visitor, Role.client, party_id, client.name, CLIENT_PATH.format(party_id=party_id))


@router.post(CLIENT_PATH + "/{client_id}/sulje")
def revoke_from_client(db: Db, now: Now, visitor: ProvedAdmin, party_id: UUID, client_id: str) -> Response:
    return _revoke(db, now, party_id, client_id, CLIENT_PATH.format(party_id=party_id))


def _issue(db: Database, now: datetime, visitor: Visitor, role: Role, party_id: UUID, name: str, here: str) -> Response:
    """The only page that shows the secret."""
    issued = credentials.issue_credential(db, visitor.principal, role, party_id, now)
    return _page(db, visitor, party_id, name, here, issued=issued)


def _revoke(db: Database, now: datetime, party_id: UUID, client_id: str, here: str) -> Response:
    credentials.revoke_credential(db, party_id, client_id, now)
    return redirect(here, tehty="suljettu")


def _page(
    db: Database,
    visitor: Visitor,
    party_id: UUID,
    name: str,
    here: str,
    issued: credentials.IssuedCredential | None = None,
    done: str = "",
) -> Response:
    return pages.show(
        "credentials.html",
        201 if issued else 200,
        visitor=visitor,
        name=name,
        here=here,
        back=here.removesuffix("/tunnukset"),
        given=credentials.list_credentials(db, party_id),
        issued=issued,
        done=done,
    )
