"""The pages of credentials for programs (rajapintatunnukset): given, shown once, revoked."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.booking import access, audit, credentials
from services.booking.pages import pages
from services.booking.visiting import Administering, Supervising
from services.database import Database
from services.web.problems import NotFound
from services.web.tokens import Role
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import Visitor, redirect

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)

OWN = "/tyo/asetukset/tunnukset"
OF_SUPERVISOR = "/yllapito/tyonohjaajat/{party_id}/tunnukset"
OF_CLIENT = "/yllapito/tilaajat/{party_id}/tunnukset"


@router.get(OWN)
def show_own(db: Db, visitor: Supervising, tehty: str = "") -> Response:
    return _page(db, visitor, visitor.party_id, visitor.name, OWN, done=tehty)


@router.post(OWN)
def issue_own(db: Db, now: Now, visitor: Supervising) -> Response:
    return _issue(db, now, visitor, Role.supervisor, visitor.party_id, visitor.name, OWN)


@router.post(OWN + "/{client_id}/sulje")
def revoke_own(db: Db, now: Now, visitor: Supervising, client_id: str) -> Response:
    return _revoke(db, now, visitor.party_id, client_id, OWN)


@router.get(OF_SUPERVISOR)
def show_of_supervisor(db: Db, visitor: Administering, party_id: UUID, tehty: str = "") -> Response:
    supervisor = access.practice(db, visitor.principal, party_id)
    return _page(db, visitor, party_id, supervisor.name, OF_SUPERVISOR.format(party_id=party_id), done=tehty)


@router.post(OF_SUPERVISOR)
def issue_to_supervisor(db: Db, now: Now, visitor: Administering, party_id: UUID) -> Response:
    supervisor = access.practice(db, visitor.principal, party_id)
    here = OF_SUPERVISOR.format(party_id=party_id)
    return _issue(db, now, visitor, Role.supervisor, party_id, supervisor.name, here)


@router.post(OF_SUPERVISOR + "/{client_id}/sulje")
def revoke_from_supervisor(db: Db, now: Now, visitor: Administering, party_id: UUID, client_id: str) -> Response:
    return _revoke(db, now, party_id, client_id, OF_SUPERVISOR.format(party_id=party_id))


@router.get(OF_CLIENT)
def show_of_client(db: Db, visitor: Administering, party_id: UUID, tehty: str = "") -> Response:
    client = access.client(db, visitor.principal, party_id)
    return _page(db, visitor, party_id, client.name, OF_CLIENT.format(party_id=party_id), done=tehty)


@router.post(OF_CLIENT)
def issue_to_client(db: Db, now: Now, visitor: Administering, party_id: UUID) -> Response:
    client = access.client(db, visitor.principal, party_id)
    return _issue(db, now, visitor, Role.client, party_id, client.name, OF_CLIENT.format(party_id=party_id))


@router.post(OF_CLIENT + "/{client_id}/sulje")
def revoke_from_client(db: Db, now: Now, visitor: Administering, party_id: UUID, client_id: str) -> Response:
    return _revoke(db, now, party_id, client_id, OF_CLIENT.format(party_id=party_id))


def _issue(db: Database, now: datetime, visitor: Visitor, role: Role, party_id: UUID, name: str, here: str) -> Response:
    """The one page that ever shows the secret."""
    issued = credentials.issue(db, role, party_id, now)
    audit.note(db, now, "", "credential.issued", f"{role}/{party_id}")
    return _page(db, visitor, party_id, name, here, issued=issued)


def _revoke(db: Database, now: datetime, party_id: UUID, client_id: str, here: str) -> Response:
    if not client_id.isprintable():
        raise NotFound
    credentials.revoke(db, party_id, client_id, now)
    audit.note(db, now, "", "credential.revoked", f"credential/{client_id}")
    return redirect(here, tehty="suljettu")


def _page(
    db: Database,
    visitor: Visitor,
    party_id: UUID,
    name: str,
    here: str,
    issued: credentials.Issued | None = None,
    done: str = "",
) -> Response:
    return pages.show(
        "credentials.html",
        201 if issued else 200,
        visitor=visitor,
        name=name,
        here=here,
        back=here.removesuffix("/tunnukset"),
        given=credentials.of_party(db, party_id),
        issued=issued,
        done=done,
    )
