"""The tables of the reporting service: the newest state that events told it, and the reports made of it.

People are ids here, without names; a supervisor and a client are named, as they are on their reports.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Enum, ForeignKey, Index, LargeBinary, String, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.database import new_id
from services.events.catalogue import Form, Phase
from services.reporting.periods import Cadence, Period


class Table(SQLModel, registry=registry()):
    """Base of this service's tables, with a metadata of their own."""


def instant(*, nullable: bool = False, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable, index=index))


def stamp() -> Any:
    """When the row was written, by the clock of the database."""
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=False, server_default=text("now()")))


def choice(kind: type[StrEnum], default: StrEnum | None = None) -> Any:
    """A word of a short list, stored as text and read as the member that it is."""
    return Field(default=default, sa_column=Column(Enum(kind, native_enum=False, length=20), nullable=False))


def people() -> Any:
    return Field(default_factory=list, sa_column=Column(ARRAY(Uuid()), nullable=False))


def words() -> Any:
    return Field(default_factory=list, sa_column=Column(ARRAY(String()), nullable=False))


def of_report(*, primary: bool = False) -> Any:
    key = ForeignKey("report.id", ondelete="CASCADE")
    return Field(sa_column=Column(key, nullable=False, primary_key=primary, index=not primary))


def document(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(JSONB, nullable=nullable))


# -- what events told -------------------------------------------------------------------------------------


class Supervisor(Table, table=True):
    supervisor_id: UUID = Field(primary_key=True)
    version: int
    full_name: str
    title: str | None = None
    active: bool = True


class Process(Table, table=True):
    process_id: UUID = Field(primary_key=True)
    version: int
    code: str
    title: str
    form: Form = choice(Form)
    status: str
    supervisor_id: UUID = Field(index=True)
    client_id: UUID = Field(index=True)
    client_name: str
    participant_ids: list[UUID] = people()
    planned_sessions: int
    benefits: list[str] = words()
    min_group_size: int
    opened_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)

    __table_args__ = (Index("closed_processes", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),)


class Session(Table, table=True):
    """A meeting, and who of its participants was there."""

    session_id: UUID = Field(primary_key=True)
    version: int
    process_id: UUID = Field(index=True)
    number: int
    status: str
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    changed_at: datetime = instant()
    present: list[UUID] = people()
    excused: list[UUID] = people()
    no_show: list[UUID] = people()


class AgreedGoals(Table, table=True):
    """The goals of a process as they are worded now, and the wordings of earlier ratings."""

    __tablename__ = "agreed_goals"
    process_id: UUID = Field(primary_key=True)
    version: int
    agreed_at: datetime = instant()
    goals: list[dict[str, Any]] = document()
    earlier: list[dict[str, Any]] = document()


class Evaluation(Table, table=True):
    """A round of evaluation, and who was asked in it."""

    evaluation_id: UUID = Field(primary_key=True)
    version: int
    process_id: UUID = Field(index=True)
    phase: Phase = choice(Phase)
    status: str
    opened_at: datetime = instant()
    due_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)
    invited: list[UUID] = people()
    answered: int | None = None


class Answer(Table, table=True):
    """What one participant answered, or (with no participant) the levels that the group agreed together."""

    answer_id: UUID = Field(primary_key=True)
    version: int
    evaluation_id: UUID
    process_id: UUID = Field(index=True)
    phase: Phase = choice(Phase)
    participant_id: UUID | None = Field(default=None, index=True)
    goals: dict[str, int] = document()
    benefits: dict[str, int | None] = document()
    answered_at: datetime = instant()
    wording_version: int
    person_id: UUID | None = None

    @property
    def person(self) -> str | None:
        """Whose answer it is, in this process and in any other; nobody's, if the group agreed it together."""
        someone = self.person_id or self.participant_id
        return str(someone) if someone and self.participant_id else None


class Summary(Table, table=True):
    """What was agreed to be done after a meeting; of its summary nothing else comes here."""

    summary_id: UUID = Field(primary_key=True)
    version: int
    session_id: UUID
    process_id: UUID = Field(index=True)
    published_at: datetime = instant()
    actions: list[dict[str, Any]] = document()


class Erased(Table, table=True):
    """A participant who asked to be forgotten, so that no late answer brings them back."""

    __tablename__ = "erased_participant"
    participant_id: UUID = Field(primary_key=True)


class Awaited(Table, table=True):
    """An event that is on its way since everything above was emptied to be told anew."""

    __tablename__ = "awaited_event"
    event_id: UUID = Field(primary_key=True)


TOLD: tuple[type[Table], ...] = (Supervisor, Process, Session, AgreedGoals, Evaluation, Answer, Summary)
"""What can be emptied, because booking can tell it again. That somebody was erased is never forgotten."""


# -- reports ----------------------------------------------------------------------------------------------


class Kind(StrEnum):
    goal_report = "goal_report"
    overview_report = "overview_report"
    client_report = "client_report"


class Status(StrEnum):
    """How far a report is. Only a client's is ever released, and withdrawn when a later edition takes its place."""

    due = "due"
    compiled = "compiled"
    skipped = "skipped"
    released = "released"
    withdrawn = "withdrawn"


class Report(Table, table=True):
    """A report that is to be made, or was: what it says, and the pages as they were set then."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: Kind = choice(Kind)
    #: the process, or of an overview the supervisor
    subject_id: UUID
    #: a period's key, a round's id, or the whole process
    occasion: str
    edition: int = 1
    process_id: UUID | None = Field(default=None, index=True)
    supervisor_id: UUID = Field(index=True)
    client_id: UUID | None = Field(default=None, index=True)
    evaluation_id: UUID | None = None
    first: date
    last: date
    status: Status = choice(Status, default=Status.due)
    #: these two in real time, whatever the clock of a demo shows
    asked_at: datetime = stamp()
    next_try_at: datetime = stamp()
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    #: the kind of the error that the last try ended in
    trouble: str | None = None
    #: one more each time that others are told of it
    version: int = 0
    compiled_at: datetime | None = instant(nullable=True)
    #: how long it took to make, in real time
    seconds: float | None = None
    document: dict[str, Any] | None = document(nullable=True)
    pdf: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    #: what a client report says in words that its participants approve, by paragraphs
    words: list[str] = words()
    #: the one participant lets the client know how far the goals were reached
    tells_goals: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    released_at: datetime | None = instant(nullable=True)
    withdrawn_at: datetime | None = instant(nullable=True)

    __table_args__ = (
        Index("one_report_a_period", "kind", "subject_id", "occasion", "edition", unique=True),
        Index("due_reports", "next_try_at", postgresql_where=text("status = 'due'")),
        Index("made_reports", "compiled_at"),
        Index("kept_reports", "last", postgresql_where=text("status = 'compiled'")),
        CheckConstraint(
            "status IN ('due', 'compiled', 'skipped', 'released', 'withdrawn')", name="known_report_status"
        ),
    )

    @property
    def period(self) -> Period:
        return Period(self.first, self.last)


class Schedule(Table, table=True):
    """How often a supervisor wants reports, and until when they have been asked for."""

    __tablename__ = "report_schedule"
    supervisor_id: UUID = Field(primary_key=True)
    cadence: Cadence = choice(Cadence)
    #: when we first heard of the supervisor: reports of what had ended by then are not made by themselves
    heard_at: datetime = instant()
    asked_until: datetime = instant()
    due_at: datetime = instant(index=True)


class Review(Table, table=True):
    """That a participant has seen a client report, in which version, and whether it may be given away."""

    report_id: UUID = of_report(primary=True)
    participant_id: UUID = Field(primary_key=True, index=True)
    version: int
    approved: bool
    comment: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    at: datetime = instant()


class ReleasedFigure(Table, table=True):
    """The people behind a number that a client has been given, so that no later number betrays one of them."""

    __tablename__ = "released_figure"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    report_id: UUID = of_report()
    questions: list[str] = words()
    asked: list[dict[str, str]] = document()
    people: list[str] = words()

    __table_args__ = (Index("figures_about_questions", "questions", postgresql_using="gin"),)


class Link(Table, table=True):
    """A personal link to one report, known by the digest of its secret."""

    digest: str = Field(primary_key=True)
    report_id: UUID = of_report()
    reader: str
    participant_id: UUID | None = Field(default=None, index=True)
    expires_at: datetime = instant(index=True)


class AuditEntry(Table, table=True):
    """Who read a report, changed it or gave it away. Ids only."""

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
