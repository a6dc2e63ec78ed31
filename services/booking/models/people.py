"""The tables of supervisors, clients, processes, participants and erasure requests."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.booking.models.base import Table, foreign_key
from services.core.database import enum_column, instant, new_id
from services.events.catalogue import Form


class Supervisor(Table, table=True):
    """A supervisor (työnohjaaja); never a line manager."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    name: str
    email: str
    #: what they gave as their new address and have not confirmed yet
    stated_email: str | None = None
    #: another one with every change of the address: links to reports are made for it; none for the first address
    address_id: UUID | None = None
    title: str | None = None
    phone: str | None = None
    timezone: str = "Europe/Helsinki"
    location: str | None = None
    signature: str | None = None
    calendar_link: UUID = Field(default_factory=uuid4)
    #: the other sites that may show the booking of a first talk, as origins
    embedding_sites: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(String), nullable=False, server_default=text("'{}'"))
    )
    #: how many days before meetings the participants of a new process are reminded
    reminder_days: list[int] = Field(
        default_factory=lambda: [7, 1], sa_column=Column(ARRAY(Integer), nullable=False, server_default=text("'{7,1}'"))
    )
    created_at: datetime = instant()
    #: no login, no feed and no new booking from then on
    deactivated_at: datetime | None = instant(nullable=True)


class DayVisit(Table, table=True):
    """When a supervisor last looked at their day, and when they did so before that visit."""

    __tablename__ = "day_visit"
    supervisor_id: UUID = foreign_key("supervisor.id", primary=True, index=False)
    seen_at: datetime = instant()
    before: datetime = instant()


class Client(Table, table=True):
    """The organisation or person that ordered the supervision (tilaaja), with its contact person."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    kind: str
    name: str
    business_id: str | None = None
    payer_type: str
    first_name: str
    last_name: str
    email: str
    stated_email: str | None = None
    #: as of a supervisor
    address_id: UUID | None = None
    entered_by: UUID | None = Field(default=None, sa_column=Column(ForeignKey("supervisor.id"), index=True))
    created_at: datetime = instant()

    __table_args__ = (Index("clients_by_time", "created_at", "id"),)


class Process(Table, table=True):
    """A supervision process (työnohjausprosessi) with its terms."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    code: str = Field(unique=True)
    client_id: UUID = foreign_key("client.id")
    supervisor_id: UUID = foreign_key("supervisor.id")
    form: Form = enum_column(Form)
    title: str
    status: str = "active"
    #: until when its supervisor can say yes, if a client asks for it
    answer_by: datetime | None = instant(nullable=True)
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
    #: whether its client may book more sessions than were agreed
    clients_may_exceed: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    opened_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)

    __table_args__ = (
        CheckConstraint("min_group_size >= 3", name="group_size_hides_answers"),
        Index("processes_by_time", "opened_at", "id"),
        Index("closed_processes", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
        CheckConstraint("status <> 'requested' OR answer_by IS NOT NULL", name="requests_await_an_answer"),
    )


class Participant(Table, table=True):
    """A person in one process (osallistuja). Others in the group never see their address."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    #: the same in every process that somebody takes part in under one address
    person_id: UUID = Field(default_factory=new_id)
    version: int = 1
    process_id: UUID = foreign_key("process.id")
    first_name: str
    last_name: str
    email: str
    stated_email: str | None = None
    employer: str | None = None
    page_link: UUID = Field(default_factory=uuid4)
    calendar_link: UUID = Field(default_factory=uuid4)
    #: another one with every change of the address: their links are made for it; none for the first address
    address_id: UUID | None = None
    #: when they first opened a link; from then on the client can't correct their address
    used_at: datetime | None = instant(nullable=True)
    #: since when an address that their client gave waits for the supervisor's yes, for what was written before
    readdressed_at: datetime | None = instant(nullable=True)
    summary_in_letter: bool = False
    #: where the SEQUENCE of their calendar entries begins: above that of the farewell for who left and came back
    first_sequence: int = 0
    joined_at: datetime = instant()
    left_at: datetime | None = instant(nullable=True)
    erased_at: datetime | None = instant(nullable=True)

    __table_args__ = (
        Index("participants_by_address", text("lower(email)")),
        Index("people_with_names", "process_id", postgresql_where=text("erased_at IS NULL")),
    )

    @property
    def address_accepted(self) -> bool:
        return self.readdressed_at is None


class ProposedParticipant(Table, table=True):
    """Somebody whom the client would have take part in a running process, until the supervisor says yes or no."""

    __tablename__ = "proposed_participant"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    process_id: UUID = foreign_key("process.id")
    first_name: str
    last_name: str
    email: str
    employer: str | None = None
    proposed_at: datetime = instant(index=True)


class ErasureRequest(Table, table=True):
    """A participant's request for erasure, and its outcome: erased, declined or withdrawn."""

    __tablename__ = "erasure_request"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    participant_id: UUID = foreign_key("participant.id")
    asked_at: datetime = instant()
    settled_at: datetime | None = instant(nullable=True)
    outcome: str | None = None

    __table_args__ = (
        CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled_somehow"),
        CheckConstraint("outcome IN ('erased', 'declined', 'withdrawn')", name="known_outcome"),
        Index("one_open_erasure_request", "participant_id", unique=True, postgresql_where=text("settled_at IS NULL")),
    )


class RefusedLetter(Table, table=True):
    """A letter of the notifier's that its recipient's mail server did not take, as told last."""

    __tablename__ = "refused_letter"
    letter_id: UUID = Field(primary_key=True)
    supervisor_id: UUID = Field(index=True)
    recipient_id: UUID
    refused_at: datetime = instant()
