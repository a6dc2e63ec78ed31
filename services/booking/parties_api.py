"""Supervisors and clients over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from sqlmodel import col, select

from services.booking import access, parties
from services.booking.models import Client, Supervisor
from services.booking.parties import ClientChange, ClientWish, Kind, Payer, SupervisorChange, SupervisorWish
from services.booking.settings import Settings
from services.web import etags, links
from services.web.etags import Match
from services.web.paging import Page, Paged, fetch
from services.web.tokens import Admin, Reader, Role, Staff
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute)


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


Configured = Annotated[Settings, Depends(_settings)]


class Reminders(BaseModel):
    days_before: list[int]


class SupervisorCard(BaseModel):
    """What a client may know of a supervisor."""

    id: UUID
    name: str
    title: str | None
    location: str | None
    timezone: str


class SupervisorShown(SupervisorCard):
    email: str
    phone: str | None
    signature: str | None
    reminders: Reminders
    calendar_url: str
    version: int
    created_at: datetime


class Contact(BaseModel):
    first_name: str
    last_name: str
    email: str


class ClientShown(BaseModel):
    id: UUID
    kind: Kind
    name: str
    contact: Contact
    business_id: str | None
    payer_type: Payer
    version: int
    created_at: datetime


def supervisor_shown(supervisor: Supervisor, settings: Settings) -> SupervisorShown:
    secret = links.secret(settings.link_key, supervisor.calendar_link)
    calendar_url = f"{settings.public_url}/api/v1/calendar/{secret}.ics"
    reminders = Reminders(days_before=supervisor.reminder_days)
    kept = supervisor.model_dump(exclude={"calendar_link", "reminder_days"})
    return SupervisorShown(calendar_url=calendar_url, reminders=reminders, **kept)


def client_shown(client: Client) -> ClientShown:
    contact = Contact(first_name=client.first_name, last_name=client.last_name, email=client.email)
    return ClientShown(contact=contact, **client.model_dump(exclude={"first_name", "last_name", "email", "entered_by"}))


@router.post("/supervisors", status_code=201, tags=["supervisors"])
def add_supervisor(
    db: Db, now: Now, _: Admin, settings: Configured, wish: SupervisorWish, response: Response
) -> SupervisorShown:
    supervisor = parties.add_supervisor(db, settings.link_key, wish, now)
    response.headers["Location"] = f"/api/v1/supervisors/{supervisor.id}"
    response.headers["ETag"] = etags.tag(supervisor.version)
    return supervisor_shown(supervisor, settings)


@router.get("/supervisors", tags=["supervisors"])
def list_supervisors(
    db: Db, who: Reader, settings: Configured, paging: Paged
) -> Page[SupervisorShown] | Page[SupervisorCard]:
    """Clients see with whom they can book; supervisors see themselves."""
    query = select(Supervisor)
    if who.role is not Role.client:
        query = query.where(access.practices(who))
    found, cursor = fetch(db, query, (col(Supervisor.created_at), col(Supervisor.id)), paging)
    if who.role is Role.client:
        cards = [SupervisorCard.model_validate(one, from_attributes=True) for one in found]
        return Page[SupervisorCard](items=cards, next_cursor=cursor)
    return Page[SupervisorShown](items=[supervisor_shown(one, settings) for one in found], next_cursor=cursor)


@router.get("/supervisors/{supervisor_id}", tags=["supervisors"])
def show_supervisor(
    db: Db, who: Reader, settings: Configured, supervisor_id: UUID, response: Response
) -> SupervisorShown | SupervisorCard:
    if who.role is Role.client:
        found = db.get_one(Supervisor, supervisor_id)
        response.headers["ETag"] = etags.tag(found.version)
        return SupervisorCard.model_validate(found, from_attributes=True)
    supervisor = access.practice(db, who, supervisor_id)
    response.headers["ETag"] = etags.tag(supervisor.version)
    return supervisor_shown(supervisor, settings)


@router.patch("/supervisors/{supervisor_id}", tags=["supervisors"])
def change_supervisor(
    db: Db,
    now: Now,
    who: Staff,
    settings: Configured,
    supervisor_id: UUID,
    change: SupervisorChange,
    match: Match,
    response: Response,
) -> SupervisorShown:
    supervisor = access.practice(db, who, supervisor_id, lock=True)
    parties.change_supervisor(db, supervisor, change, match, now)
    response.headers["ETag"] = etags.tag(supervisor.version)
    return supervisor_shown(supervisor, settings)


@router.post("/clients", status_code=201, tags=["clients"])
def add_client(db: Db, now: Now, who: Staff, wish: ClientWish, response: Response) -> ClientShown:
    client = parties.add_client(db, wish, who.party_id, now)
    response.headers["Location"] = f"/api/v1/clients/{client.id}"
    response.headers["ETag"] = etags.tag(client.version)
    return client_shown(client)


@router.get("/clients", tags=["clients"])
def list_clients(
    db: Db, who: Reader, paging: Paged, kind: Literal["organisation", "person"] | None = None
) -> Page[ClientShown]:
    query = select(Client).where(access.clients(who))
    if kind:
        query = query.where(col(Client.kind) == kind)
    found, cursor = fetch(db, query, (col(Client.created_at), col(Client.id)), paging)
    return Page[ClientShown](items=[client_shown(one) for one in found], next_cursor=cursor)


@router.get("/clients/{client_id}", tags=["clients"])
def show_client(db: Db, who: Reader, client_id: UUID, response: Response) -> ClientShown:
    client = access.client(db, who, client_id)
    response.headers["ETag"] = etags.tag(client.version)
    return client_shown(client)


@router.patch("/clients/{client_id}", tags=["clients"])
def change_client(
    db: Db, now: Now, who: Reader, client_id: UUID, change: ClientChange, match: Match, response: Response
) -> ClientShown:
    client = access.client(db, who, client_id, lock=True)
    parties.change_client(db, client, change, match, now)
    response.headers["ETag"] = etags.tag(client.version)
    return client_shown(client)
