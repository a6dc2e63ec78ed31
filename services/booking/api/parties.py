"""The API of supervisors and clients."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import col, select

from services.booking.dependencies import Configured
from services.booking.models.people import Client, Supervisor
from services.booking.security import permissions
from services.booking.settings import Settings
from services.booking.supervision import parties
from services.booking.supervision.parties import (
    ClientCreate,
    ClientKind,
    ClientUpdate,
    PayerType,
    SupervisorCreate,
    SupervisorUpdate,
)
from services.web.protocol import etags
from services.web.protocol.pagination import Page, Paged, fetch_page
from services.web.security.rate_limits import Count
from services.web.security.tokens import Admin, Reader, Role, Staff
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute)


class RemindersPublic(BaseModel):
    days_before: list[int]


class SupervisorForClient(BaseModel):
    """What a client may know of a supervisor."""

    id: UUID
    name: str
    title: str | None
    location: str | None
    timezone: str


class SupervisorPublic(SupervisorForClient):
    """`stated_email` is what they gave as their new address; it counts once they press the button in its letter."""

    email: str
    stated_email: str | None
    phone: str | None
    signature: str | None
    reminders: RemindersPublic
    calendar_url: str
    version: int
    created_at: datetime
    deactivated_at: datetime | None


class ContactPublic(BaseModel):
    first_name: str
    last_name: str
    email: str


class ClientPublic(BaseModel):
    """`stated_email` is what the contact gave as their new address; it counts once they confirm it by its letter."""

    id: UUID
    kind: ClientKind
    name: str
    contact: ContactPublic
    stated_email: str | None
    business_id: str | None
    payer_type: PayerType
    version: int
    created_at: datetime


def supervisor_public(supervisor: Supervisor, settings: Settings) -> SupervisorPublic:
    reminders = RemindersPublic(days_before=supervisor.reminder_days)
    rest = supervisor.model_dump(exclude={"calendar_link", "reminder_days"})
    return SupervisorPublic(calendar_url=parties.calendar_feed_url(supervisor, settings), reminders=reminders, **rest)


def client_public(client: Client) -> ClientPublic:
    contact = ContactPublic.model_validate(client, from_attributes=True)
    return ClientPublic(contact=contact, **client.model_dump())


@router.post("/supervisors", status_code=201, tags=["supervisors"])
def create_supervisor(
    db: Db, now: Now, _: Admin, settings: Configured, wanted: SupervisorCreate, response: Response
) -> SupervisorPublic:
    supervisor = parties.add_supervisor(db, settings.link_key, wanted, now)
    response.headers["Location"] = f"/api/v1/supervisors/{supervisor.id}"
    response.headers["ETag"] = etags.etag(supervisor.version)
    return supervisor_public(supervisor, settings)


@router.get("/supervisors", tags=["supervisors"])
def list_supervisors(
    db: Db, who: Reader, settings: Configured, paging: Paged
) -> Page[SupervisorPublic] | Page[SupervisorForClient]:
    """Clients see every supervisor they can book; a supervisor sees themselves."""
    can_be_booked = col(Supervisor.deactivated_at).is_(None)
    query = select(Supervisor).where(can_be_booked if who.role is Role.client else permissions.managed_supervisors(who))
    found, cursor = fetch_page(db, query, (col(Supervisor.created_at), col(Supervisor.id)), paging)
    if who.role is Role.client:
        cards = [SupervisorForClient.model_validate(one, from_attributes=True) for one in found]
        return Page[SupervisorForClient](items=cards, next_cursor=cursor)
    return Page[SupervisorPublic](items=[supervisor_public(one, settings) for one in found], next_cursor=cursor)


@router.get("/supervisors/{supervisor_id}", tags=["supervisors"])
def show_supervisor(
    db: Db, who: Reader, settings: Configured, supervisor_id: UUID, response: Response
) -> SupervisorPublic | SupervisorForClient:
    if who.role is Role.client:
        found = db.get_one(Supervisor, supervisor_id)
        response.headers["ETag"] = etags.etag(found.version)
        return SupervisorForClient.model_validate(found, from_attributes=True)
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id)
    response.headers["ETag"] = etags.etag(supervisor.version)
    return supervisor_public(supervisor, settings)


@router.patch("/supervisors/{supervisor_id}", tags=["supervisors"])
def update_supervisor(
    db: Db,
    now: Now,
    who: Staff,
    settings: Configured,
    count: Count,
    supervisor_id: UUID,
    change: SupervisorUpdate,
    match: etags.Match,
    response: Response,
) -> SupervisorPublic:
    """Who changes their own address confirms the new one first, by the letter that is sent there."""
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id, lock=True)
    if change.email and change.email != supervisor.email:
        count("changes", supervisor.id, who.credential)
    parties.change_supervisor(db, settings, who, supervisor, change, match, now)
    response.headers["ETag"] = etags.etag(supervisor.version)
    return supervisor_public(supervisor, settings)


@router.post("/supervisors/{supervisor_id}/deactivate", tags=["supervisors"])
def deactivate_supervisor(
    db: Db, now: Now, who: Admin, settings: Configured, supervisor_id: UUID, response: Response
) -> SupervisorPublic:
    """No login, no token, no feed and no new booking from now on; what is booked stays, and its letters leave."""
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id, lock=True)
    parties.deactivate_supervisor(db, supervisor, now)
    response.headers["ETag"] = etags.etag(supervisor.version)
    return supervisor_public(supervisor, settings)


@router.post("/supervisors/{supervisor_id}/activate", tags=["supervisors"])
def activate_supervisor(
    db: Db, now: Now, who: Admin, settings: Configured, supervisor_id: UUID, response: Response
) -> SupervisorPublic:
    """Everything as before, but a new login: what was given before the deactivation stays ended."""
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id, lock=True)
    parties.activate_supervisor(db, supervisor, now)
    response.headers["ETag"] = etags.etag(supervisor.version)
    return supervisor_public(supervisor, settings)


@router.post("/clients", status_code=201, tags=["clients"])
def create_client(db: Db, now: Now, who: Staff, wanted: ClientCreate, response: Response) -> ClientPublic:
    client = parties.add_client(db, wanted, who.party_id, now)
    response.headers["Location"] = f"/api/v1/clients/{client.id}"
    response.headers["ETag"] = etags.etag(client.version)
    return client_public(client)


@router.get("/clients", tags=["clients"])
def list_clients(
    db: Db, who: Reader, paging: Paged, kind: Literal["organisation", "person"] | None = None
) -> Page[ClientPublic]:
    query = select(Client).where(permissions.visible_clients(who))
    if kind:
        query = query.where(col(Client.kind) == kind)
    found, cursor = fetch_page(db, query, (col(Client.created_at), col(Client.id)), paging)
    return Page[ClientPublic](items=[client_public(one) for one in found], next_cursor=cursor)


@router.get("/clients/{client_id}", tags=["clients"])
def show_client(db: Db, who: Reader, client_id: UUID, response: Response) -> ClientPublic:
    client = permissions.find_client(db, who, client_id)
    response.headers["ETag"] = etags.etag(client.version)
    return client_public(client)


@router.patch("/clients/{client_id}", tags=["clients"])
def update_client(
    db: Db,
    now: Now,
    who: Reader,
    settings: Configured,
    count: Count,
    client_id: UUID,
    change: ClientUpdate,
    match: etags.Match,
    response: Response,
) -> ClientPublic:
    """Who changes their own address confirms the new one first, by the letter that is sent there."""
    client = permissions.find_client(db, who, client_id, lock=True)
    if change.contact and change.contact.email != client.email:
        count("changes", client.id, who.credential)
    parties.change_client(db, settings, who, client, change, match, now)
    response.headers["ETag"] = etags.etag(client.version)
    return client_public(client)
