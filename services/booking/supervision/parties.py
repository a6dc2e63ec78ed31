"""The parties of a process: supervisors (työnohjaajat) and clients (tilaajat)."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import or_
from sqlmodel import col, delete, select

from services.booking.models.people import Client, Process, Supervisor
from services.booking.models.security import Link
from services.booking.presence import slugs
from services.booking.security import access, audit, browser_sessions, credentials, links, passkeys, permissions
from services.booking.settings import Settings
from services.booking.supervision import addresses, events
from services.core.database import Database
from services.events.outbox import stage
from services.web.protocol.etags import IfMatch, etag
from services.web.protocol.fields import (
    BusinessId,
    EmailAddress,
    Line,
    Lines,
    Name,
    Phone,
    RequestBody,
    TimeZone,
    optional,
)
from services.web.security.links import new_link, secret
from services.web.security.tokens import Principal

CALENDAR_LINK_LIFETIME = timedelta(days=10 * 365)
REPORTED_WITHIN = timedelta(days=365 + 180)
"""A final report comes within a year, and its link opens it for half a year."""

ClientKind = Literal["organisation", "person"]
PayerType = Literal["business", "consumer"]


class RemindersCreate(RequestBody):
    """How many days before a session its participants are reminded; an empty list means never."""

    days_before: tuple[Annotated[int, Field(ge=1, le=30)], ...] = Field(default=(7, 1), max_length=4)

    @property
    def in_order(self) -> list[int]:
        """Descending, without duplicates."""
        return sorted(set(self.days_before), reverse=True)


class SupervisorCreate(RequestBody):
    name: Name
    email: EmailAddress
    title: Line | None = None
    phone: Phone | None = None
    timezone: TimeZone = "Europe/Helsinki"
    location: Line | None = None
    signature: Lines | None = None
    reminders: RemindersCreate = Field(default=RemindersCreate(), description="The default for new processes.")


class SupervisorUpdate(RequestBody):
    name: Name = optional()
    email: EmailAddress = optional()
    title: Line | None = None
    phone: Phone | None = None
    timezone: TimeZone = optional()
    location: Line | None = None
    signature: Lines | None = None
    reminders: RemindersCreate = optional()


class ContactCreate(RequestBody):
    """The contact person of a client."""

    first_name: Name
    last_name: Name
    email: EmailAddress


class ClientCreate(RequestBody):
    kind: ClientKind
    name: Line
    contact: ContactCreate
    business_id: BusinessId | None = None
    payer_type: PayerType = Field(description="A consumer has the rights of a consumer in the cancellation terms.")


class ClientUpdate(RequestBody):
    name: Line = optional()
    contact: ContactCreate = optional()
    business_id: BusinessId | None = None
    payer_type: PayerType = optional()


def add_supervisor(db: Database, link_key: str, wanted: SupervisorCreate, now: datetime) -> Supervisor:
    supervisor = Supervisor(**_supervisor_columns(wanted), created_at=now, calendar_link=new_link(link_key))
    db.add(supervisor)
    db.flush()
    expires_at = now + CALENDAR_LINK_LIFETIME
    links.issue_link(db, link_key, links.LinkPurpose.calendar, supervisor.id, expires_at, supervisor.calendar_link)
    slugs.give_slug(db, supervisor.id, supervisor.name, now)
    stage(db, "booking", now, [events.supervisor_changed(supervisor)])
    return supervisor


def change_supervisor(
    db: Database,
    settings: Settings,
    who: Principal,
    supervisor: Supervisor,
    wanted: SupervisorUpdate,
    match: IfMatch,
    now: datetime,
) -> None:
    """The caller holds the lock on the supervisor's row. Their own new address has to be confirmed first."""
    match.check(etag(supervisor.version))
    columns = _supervisor_columns(wanted)
    email = addresses.take_new_address(supervisor, columns)
    supervisor.sqlmodel_update(columns)
    if email and who.party_id != supervisor.id:
        passkeys.remove_passkeys(db, supervisor.id)
        move_supervisor(db, settings.link_key, supervisor, email, now)
        return
    if email:
        addresses.state_address(db, settings, supervisor, email, now)
    supervisor.version += 1
    stage(db, "booking", now, [events.supervisor_changed(supervisor)])


def move_supervisor(db: Database, link_key: str, supervisor: Supervisor, email: str, now: datetime) -> None:
    """Give a supervisor another address. Whoever reads the mailbox of before loses the logins and the calendar."""
    addresses.move_party(db, supervisor, email, now)
    browser_sessions.end_sessions(db, supervisor.id)
    renew_calendar_link(db, link_key, supervisor, now)


def calendar_feed_url(supervisor: Supervisor, settings: Settings) -> str:
    """The address of the supervisor's calendar feed."""
    return f"{settings.public_url}/api/v1/calendar/{secret(settings.link_key, supervisor.calendar_link)}.ics"


def renew_calendar_link(db: Database, link_key: str, supervisor: Supervisor, now: datetime) -> None:
    """Give the supervisor's calendar feed a new address and revoke the old one."""
    _renew_feed(db, link_key, supervisor, now)
    supervisor.version += 1
    stage(db, "booking", now, [events.supervisor_changed(supervisor)])


def _renew_feed(db: Database, link_key: str, supervisor: Supervisor, now: datetime) -> None:
    of_feed = (col(Link.subject_id) == supervisor.id) & (col(Link.purpose) == links.LinkPurpose.calendar)
    db.execute(delete(Link).where(of_feed))
    expires_at = now + CALENDAR_LINK_LIFETIME
    supervisor.calendar_link = links.issue_link(db, link_key, links.LinkPurpose.calendar, supervisor.id, expires_at)


def deactivate_supervisor(db: Database, supervisor: Supervisor, now: datetime) -> None:
    """End all access and take no more bookings. What is booked stays. The caller holds the lock on the row."""
    if supervisor.deactivated_at:
        return
    supervisor.deactivated_at, supervisor.version = now, supervisor.version + 1
    browser_sessions.end_sessions(db, supervisor.id)
    access.end_access(db, party_id=supervisor.id)
    credentials.end_issued_by(db, supervisor.id, now)
    stage(db, "booking", now, [events.supervisor_changed(supervisor)])
    audit.note(db, now, "supervisor.deactivated", f"supervisor/{supervisor.id}")


def activate_supervisor(db: Database, supervisor: Supervisor, now: datetime) -> None:
    """Undo a deactivation. Logins and tokens of before it stay ended. The caller holds the lock on the row."""
    if supervisor.deactivated_at is None:
        return
    supervisor.deactivated_at, supervisor.version = None, supervisor.version + 1
    access.end_access(db, party_id=supervisor.id)
    stage(db, "booking", now, [events.supervisor_changed(supervisor)])
    audit.note(db, now, "supervisor.activated", f"supervisor/{supervisor.id}")


def add_client(db: Database, wanted: ClientCreate, entered_by: UUID | None, now: datetime) -> Client:
    client = Client(**_client_columns(wanted), entered_by=entered_by, created_at=now)
    db.add(client)
    db.flush()
    return client


def change_client(
    db: Database,
    settings: Settings,
    who: Principal,
    client: Client,
    wanted: ClientUpdate,
    match: IfMatch,
    now: datetime,
) -> None:
    """The caller holds the lock on the client's row. The contact's own new address has to be confirmed first."""
    match.check(etag(client.version))
    columns = _client_columns(wanted)
    if any(getattr(client, name) != value for name, value in columns.items()):
        permissions.ensure_client_is_not_shared(db, who, client)
    email = addresses.take_new_address(client, columns)
    client.sqlmodel_update(columns)
    if email and who.party_id != client.id:
        move_contact(db, client, email, now)
        return
    if email:
        addresses.state_address(db, settings, client, email, now)
    _publish_client(db, client, now)


def move_contact(db: Database, client: Client, email: str, now: datetime) -> None:
    """Give the contact of a client another address. Whoever reads the mailbox of before loses the logins."""
    addresses.move_party(db, client, email, now)
    browser_sessions.end_sessions(db, client.id)
    _publish_client(db, client, now)


def _publish_client(db: Database, client: Client, now: datetime) -> None:
    """Process events carry the contact, so each is published.

    Also of those that ended lately: their final report may be on its way to the contact, or open to them by its link.
    """
    client.version += 1
    lately = or_(col(Process.closed_at).is_(None), col(Process.closed_at) > now - REPORTED_WITHIN)
    known = col(Process.client_id) == client.id, col(Process.status) != permissions.REQUESTED
    ordered = select(Process).where(*known, lately)
    processes = db.scalars(ordered.order_by(col(Process.id)).with_for_update()).all()
    stage(db, "booking", now, [events.process_changed(db, process) for process in processes])


def _supervisor_columns(wanted: SupervisorCreate | SupervisorUpdate) -> dict[str, Any]:
    values = wanted.model_dump(exclude_unset=True, exclude={"reminders"})
    return values | ({"reminder_days": wanted.reminders.in_order} if "reminders" in wanted.model_fields_set else {})


def _client_columns(wanted: ClientCreate | ClientUpdate) -> dict[str, Any]:
    """The columns of a client; those of the contact lie in the same row."""
    values = wanted.model_dump(exclude_unset=True)
    contact: dict[str, Any] = values.pop("contact", {})
    return values | contact
