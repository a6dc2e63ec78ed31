"""Who offers the work and who orders it: supervisors (työnohjaajat) and clients (tilaajat)."""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import col, delete, select

from services.booking import links, supervision
from services.booking.models import Client, Link, Process, Supervisor
from services.booking.reminders import RemindersWish
from services.booking.shapes import BusinessId, EmailAddress, Line, Lines, Name, Phone, TimeZone, Wish, optional
from services.database import Database
from services.events.catalogue import SupervisorChanged
from services.events.outbox import stage
from services.web.etags import IfMatch, tag
from services.web.links import digest, secret

CALENDAR_LIFETIME = timedelta(days=10 * 365)

Kind = Literal["organisation", "person"]
Payer = Literal["business", "consumer"]


class SupervisorWish(Wish):
    name: Name
    email: EmailAddress
    title: Line | None = None
    phone: Phone | None = None
    timezone: TimeZone = "Europe/Helsinki"
    location: Line | None = None
    signature: Lines | None = None
    reminders: RemindersWish = Field(default=RemindersWish(), description="Usual in new processes.")


class SupervisorChange(Wish):
    name: Name = optional()
    email: EmailAddress = optional()
    title: Line | None = None
    phone: Phone | None = None
    timezone: TimeZone = optional()
    location: Line | None = None
    signature: Lines | None = None
    reminders: RemindersWish = optional()


class ContactWish(Wish):
    """The person at the client whom we write to."""

    first_name: Name
    last_name: Name
    email: EmailAddress


class ClientWish(Wish):
    kind: Kind
    name: Line
    contact: ContactWish
    business_id: BusinessId | None = None
    payer_type: Payer = Field(description="A consumer has the rights of a consumer in the cancellation terms.")


class ClientChange(Wish):
    name: Line = optional()
    contact: ContactWish = optional()
    business_id: BusinessId | None = None
    payer_type: Payer = optional()


def add_supervisor(db: Database, link_key: str, wish: SupervisorWish, now: datetime) -> Supervisor:
    supervisor = Supervisor(**_supervisor_columns(wish), created_at=now)
    db.add(supervisor)
    db.flush()
    expires_at = now + CALENDAR_LIFETIME
    links.issue(db, link_key, links.Purpose.calendar, supervisor.id, expires_at, supervisor.calendar_link)
    stage(db, "booking", now, [supervisor_changed(supervisor)])
    return supervisor


def change_supervisor(
    db: Database, supervisor: Supervisor, wish: SupervisorChange, match: IfMatch, now: datetime
) -> None:
    """The caller holds the lock on the supervisor's row."""
    match.check(tag(supervisor.version))
    supervisor.sqlmodel_update(_supervisor_columns(wish))
    supervisor.version += 1
    stage(db, "booking", now, [supervisor_changed(supervisor)])


def renew_calendar(db: Database, link_key: str, supervisor: Supervisor, now: datetime) -> None:
    """Give the supervisor's calendar a new address, and let nobody read it under the old one any more."""
    db.execute(delete(Link).where(col(Link.digest) == digest(secret(link_key, supervisor.calendar_link))))
    expires_at = now + CALENDAR_LIFETIME
    supervisor.calendar_link = links.issue(db, link_key, links.Purpose.calendar, supervisor.id, expires_at)
    supervisor.version += 1
    stage(db, "booking", now, [supervisor_changed(supervisor)])


def supervisor_changed(supervisor: Supervisor) -> SupervisorChanged:
    return SupervisorChanged(
        version=supervisor.version,
        supervisor_id=supervisor.id,
        full_name=supervisor.name,
        email=supervisor.email,
        title=supervisor.title,
        phone=supervisor.phone,
        timezone=supervisor.timezone,
        location=supervisor.location,
        signature=supervisor.signature,
        calendar_link=supervisor.calendar_link,
    )


def add_client(db: Database, wish: ClientWish, entered_by: UUID | None, now: datetime) -> Client:
    client = Client(**_columns(wish), entered_by=entered_by, created_at=now)
    db.add(client)
    db.flush()
    return client


def change_client(db: Database, client: Client, wish: ClientChange, match: IfMatch, now: datetime) -> None:
    """The caller holds the lock on the client's row. Processes carry the contact, so each of them has changed."""
    match.check(tag(client.version))
    client.sqlmodel_update(_columns(wish))
    client.version += 1
    ordered = select(Process).where(col(Process.client_id) == client.id, col(Process.status) == "active")
    processes = db.scalars(ordered.order_by(col(Process.id)).with_for_update()).all()
    stage(db, "booking", now, [supervision.changed(db, process) for process in processes])


def _supervisor_columns(wish: SupervisorWish | SupervisorChange) -> dict[str, Any]:
    values = wish.model_dump(exclude_unset=True, exclude={"reminders"})
    return values | ({"reminder_days": wish.reminders.in_order} if "reminders" in wish.model_fields_set else {})


def _columns(wish: ClientWish | ClientChange) -> dict[str, Any]:
    """A client's row holds its contact in columns of its own."""
    values = wish.model_dump(exclude_unset=True)
    contact: dict[str, Any] = values.pop("contact", {})
    return values | contact
