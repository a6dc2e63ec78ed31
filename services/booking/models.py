"""The tables of the booking service: the system of record of everything that people write."""

from datetime import datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, DateTime, Enum, ForeignKey, Index, Integer, String, text
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.database import new_id
from services.events.catalogue import Actor, Form, Mode


class Table(SQLModel, registry=registry()):
    """Base of this service's tables, with a metadata of their own."""


def instant(*, nullable: bool = False, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable, index=index))


def choice(kind: type[StrEnum], *, nullable: bool = False) -> Any:
    """A word of the contract, stored as text and read as the member that it is."""
    column: Column[StrEnum] = Column(Enum(kind, native_enum=False, length=20), nullable=nullable)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def key(target: str, *, primary: bool = False, index: bool = True) -> Any:
    return Field(sa_column=Column(ForeignKey(target), nullable=False, primary_key=primary, index=index))


# -- the supervisor and when they work --------------------------------------------------------------------


class Supervisor(Table, table=True):
    """A työnohjaaja. Never a line manager."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    name: str
    email: str
    title: str | None = None
    phone: str | None = None
    timezone: str = "Europe/Helsinki"
    location: str | None = None
    signature: str | None = None
    calendar_link: UUID = Field(default_factory=uuid4)
    #: how many days before meetings the participants of a new process are reminded
    reminder_days: list[int] = Field(
        default_factory=lambda: [7, 1],
        sa_column=Column(ARRAY(Integer), nullable=False, server_default=text("'{7,1}'")),
    )
    created_at: datetime = instant()


class Availability(Table, table=True):
    """The rules by which a supervisor's free times are found. Wall-clock hours are in the supervisor's zone."""

    supervisor_id: UUID = key("supervisor.id", primary=True, index=False)
    version: int = 1
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    minimum_notice_hours: int = 24
    horizon_days: int = 90
    slot_step_minutes: int = 15
    # With a default of the column, no country would be stored as this one.
    holidays: str | None = Field(default="FI", sa_column=Column(String))
    daily_limit: int | None = None
    weekly_limit: int | None = None
    intake_minutes: int = 45


class WeeklyHours(Table, table=True):
    """One stretch of a working week. No forms means every form."""

    __tablename__ = "weekly_hours"
    id: int | None = Field(default=None, primary_key=True)
    supervisor_id: UUID = key("supervisor.id")
    weekday: int
    start: time
    end: time
    forms: list[str] | None = Field(default=None, sa_column=Column(ARRAY(String)))

    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="iso_weekday"),
        CheckConstraint('start < "end"', name="hours_run_forwards"),
    )


class Absence(Table, table=True):
    """Time in which the supervisor takes no bookings."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    supervisor_id: UUID = key("supervisor.id", index=False)
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    reason: str | None = None

    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="absence_runs_forwards"),
        Index("absences_of_supervisor", "supervisor_id", "ends_at"),
    )


class CalendarImport(Table, table=True):
    """Another calendar of the supervisor, whose busy times take no bookings."""

    __tablename__ = "calendar_import"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    supervisor_id: UUID = key("supervisor.id")
    url: str
    refresh_at: datetime = instant(index=True)
    fetched_at: datetime | None = instant(nullable=True)
    failures: int = 0
    last_error: str | None = None


class BusyTime(Table, table=True):
    """A busy stretch of an imported calendar; what it is about is not stored."""

    __tablename__ = "busy_time"
    id: int | None = Field(default=None, primary_key=True)
    import_id: UUID = Field(
        sa_column=Column(ForeignKey("calendar_import.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    supervisor_id: UUID = key("supervisor.id", index=False)
    starts_at: datetime = instant()
    ends_at: datetime = instant()

    __table_args__ = (Index("busy_times_of_supervisor", "supervisor_id", "ends_at"),)


class OccupiedTime(Table, table=True):
    """Time that is taken, buffers included, by a meeting or a pending hold. PostgreSQL refuses any overlap.

    A meeting or intake that ends, moves or is called off changes its one row here in the same transaction.
    A hold has an `expires_at`; whoever looks for time treats an expired hold as free and may delete it.
    """

    __tablename__ = "occupied_time"
    owner_id: UUID = Field(primary_key=True)
    supervisor_id: UUID = key("supervisor.id", index=False)
    starts_at: datetime = instant()
    blocked: Range[datetime] = Field(sa_column=Column(TSTZRANGE, nullable=False))
    expires_at: datetime | None = instant(nullable=True)

    __table_args__ = (
        ExcludeConstraint(
            # A range type over uuid stands in for btree_gist, which needs an extension that not every server has.
            (text("uuidrange(supervisor_id, supervisor_id, '[]')"), "&&"),
            ("blocked", "&&"),
            using="gist",
            name="no_double_booking",
        ),
        CheckConstraint(
            "NOT isempty(blocked) AND NOT lower_inf(blocked) AND NOT upper_inf(blocked)"
            " AND lower_inc(blocked) AND NOT upper_inc(blocked)",
            name="blocked_is_half_open",
        ),
        CheckConstraint("blocked @> starts_at", name="blocked_holds_its_start"),
    )


# -- who orders and who takes part ------------------------------------------------------------------------


class Client(Table, table=True):
    """Tilaaja: the organisation or person that ordered the supervision, with the person to write to."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    kind: str
    name: str
    business_id: str | None = None
    payer_type: str
    first_name: str
    last_name: str
    email: str
    entered_by: UUID | None = Field(default=None, sa_column=Column(ForeignKey("supervisor.id"), index=True))
    created_at: datetime = instant()

    __table_args__ = (Index("clients_by_time", "created_at", "id"),)


class Credential(Table, table=True):
    """An API client's identity: whose data it may touch, and the hash of its secret."""

    client_id: str = Field(primary_key=True)
    secret_digest: str
    role: str
    party_id: UUID | None = None
    created_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)


class Process(Table, table=True):
    """A supervision process (työnohjausprosessi) with its way of working."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    code: str = Field(unique=True)
    client_id: UUID = key("client.id")
    supervisor_id: UUID = key("supervisor.id")
    form: Form = choice(Form)
    title: str
    status: str = "active"
    planned_sessions: int
    session_minutes: int
    free_until_hours: int
    late_fee_percent: int = 100
    no_show_fee_percent: int = 100
    waive_force_majeure: bool = True
    reminder_days: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    benefits: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    min_group_size: int = 5
    session_feedback: bool = False
    opened_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)

    __table_args__ = (
        CheckConstraint("min_group_size >= 3", name="group_size_hides_answers"),
        Index("processes_by_time", "opened_at", "id"),
        Index("closed_processes", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
    )


class Participant(Table, table=True):
    """Osallistuja: a person in one process. Others in the group never see their address."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    #: the same in every process that somebody takes part in under one address
    person_id: UUID = Field(default_factory=new_id)
    version: int = 1
    process_id: UUID = key("process.id")
    first_name: str
    last_name: str
    email: str
    employer: str | None = None
    page_link: UUID = Field(default_factory=uuid4)
    calendar_link: UUID = Field(default_factory=uuid4)
    summary_in_letter: bool = False
    joined_at: datetime = instant()
    left_at: datetime | None = instant(nullable=True)
    erased_at: datetime | None = instant(nullable=True)

    __table_args__ = (
        Index("participants_by_address", text("lower(email)")),
        Index("people_with_names", "process_id", postgresql_where=text("erased_at IS NULL")),
    )


class ErasureRequest(Table, table=True):
    """A participant's wish to be forgotten, until the supervisor has erased them or declined, or they took it back."""

    __tablename__ = "erasure_request"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    participant_id: UUID = key("participant.id")
    asked_at: datetime = instant()
    settled_at: datetime | None = instant(nullable=True)
    outcome: str | None = None

    __table_args__ = (
        CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled_somehow"),
        CheckConstraint("outcome IN ('erased', 'declined', 'withdrawn')", name="known_outcome"),
        Index("one_open_erasure_request", "participant_id", unique=True, postgresql_where=text("settled_at IS NULL")),
    )


# -- meetings ---------------------------------------------------------------------------------------------


class Session(Table, table=True):
    """A meeting (tapaaminen). The cancellation policy is frozen on it when it is booked."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    process_id: UUID = key("process.id")
    supervisor_id: UUID = key("supervisor.id", index=False)
    number: int
    status: str = "booked"
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    mode: Mode = choice(Mode)
    location: str | None = None
    join_url: str | None = None
    series_id: UUID | None = Field(default=None, index=True)
    booked_at: datetime = instant()
    changed_at: datetime = instant()
    changed_by: Actor = choice(Actor)
    free_until: datetime = instant()
    free_until_hours: int
    late_fee_percent: int
    no_show_fee_percent: int
    waive_force_majeure: bool
    cancelled_at: datetime | None = instant(nullable=True)
    cancelled_late: bool = False
    cancel_reason: str | None = None

    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="session_runs_forwards"),
        CheckConstraint("status IN ('booked', 'held', 'cancelled')", name="known_session_status"),
        Index(
            "one_number_a_process", "process_id", "number", unique=True, postgresql_where=text("status <> 'cancelled'")
        ),
        Index("sessions_of_supervisor", "supervisor_id", "starts_at"),
        Index("sessions_by_time", "starts_at", "id"),
        Index("sessions_with_reason", "process_id", postgresql_where=text("cancel_reason IS NOT NULL")),
    )


class Attendance(Table, table=True):
    """Whether a participant came: present, excused or no_show."""

    session_id: UUID = key("session.id", primary=True, index=False)
    participant_id: UUID = key("participant.id", primary=True)
    state: str


class Intake(Table, table=True):
    """A first talk (kartoittava keskustelu): held until its link is confirmed, then booked."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    supervisor_id: UUID = key("supervisor.id")
    status: str = "held"
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    name: str
    email: str
    organisation: str | None = None
    message: str | None = None
    link: UUID = Field(default_factory=uuid4)
    requested_at: datetime = instant()
    expires_at: datetime = instant()
    confirmed_at: datetime | None = instant(nullable=True)
    start: bool | None = None
    recommended_form: Form | None = choice(Form, nullable=True)
    process_id: UUID | None = Field(default=None, sa_column=Column(ForeignKey("process.id")))

    __table_args__ = (
        CheckConstraint("status IN ('held', 'confirmed', 'cancelled', 'expired')", name="known_intake_status"),
        Index("held_intakes", "expires_at", postgresql_where=text("status = 'held'")),
    )


# -- links, keys, and what was done ------------------------------------------------------------------------


class Link(Table, table=True):
    """A personal link. Only the digest of its secret rests here; the notifier derives the secret from its id."""

    digest: str = Field(primary_key=True)
    purpose: str
    subject_id: UUID = Field(index=True)
    expires_at: datetime = instant(index=True)
    used_at: datetime | None = instant(nullable=True)


class BrowserSession(Table, table=True):
    """A browser in which somebody logged in by a link. Only the digest of its cookie rests here."""

    __tablename__ = "browser_session"
    digest: str = Field(primary_key=True)
    role: str
    party_id: UUID
    created_at: datetime = instant()
    expires_at: datetime = instant(index=True)


class AuditEntry(Table, table=True):
    """Who did or read what. Ids only; the table is append-only by a trigger."""

    __tablename__ = "audit_entry"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(index=True)
    actor: str
    action: str
    subject: str = Field(index=True)
    #: the credential or the browser by which it was done
    via: str = Field(default="", sa_column_kwargs={"server_default": ""})
    #: the supervisor whose practice it concerns
    practice_id: UUID | None = None

    __table_args__ = (Index("entries_of_practice", "practice_id", "id"), Index("entries_of_actor", "actor", "id"))
