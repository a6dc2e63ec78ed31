"""The tables of the reporting service: the newest state known from events, and the reports compiled from it.

People are ids here, without names; a supervisor and a client are named, as they are on their reports.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.core.database import enum_column, instant, json_column, new_id, uuid_list
from services.core.sealing import SealedFile, SealedJson, SealedLines, sealed_column
from services.events.catalogue import Form, Phase
from services.reporting.periods import Cadence, Period
from services.web.pages.practice import PracticeColumns
from services.web.security.audit import AuditColumns


class Table(SQLModel, registry=registry()):
    """Base of this service's tables, with a metadata of their own."""


def database_time() -> Any:
    """The time of writing the row, by the clock of the database."""
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=False, server_default=text("now()")))


def text_list() -> Any:
    return Field(default_factory=list, sa_column=Column(ARRAY(String()), nullable=False))


def report_key(*, primary: bool = False) -> Any:
    key = ForeignKey("report.id", ondelete="CASCADE")
    return Field(sa_column=Column(key, nullable=False, primary_key=primary, index=not primary))


# -- state from events ------------------------------------------------------------------------------------


class Supervisor(Table, table=True):
    supervisor_id: UUID = Field(primary_key=True)
    version: int
    full_name: str
    title: str | None = None
    active: bool = True
    #: which address their links are made for; none for the first
    address_id: UUID | None = None


class Practice(PracticeColumns, Table, table=True):
    """The practice's name, colour and logo, as its reports show them."""

    logo: bytes | None = None


class Process(Table, table=True):
    process_id: UUID = Field(primary_key=True)
    version: int
    code: str
    title: str
    form: Form = enum_column(Form)
    status: str
    supervisor_id: UUID = Field(index=True)
    client_id: UUID = Field(index=True)
    client_name: str
    client_address_id: UUID | None = None
    participant_ids: list[UUID] = uuid_list()
    planned_sessions: int
    benefits: list[str] = text_list()
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
    present: list[UUID] = uuid_list()
    excused: list[UUID] = uuid_list()
    no_show: list[UUID] = uuid_list()


class AgreedGoals(Table, table=True):
    """The goals of a process as they are worded now, and the wordings of earlier ratings."""

    __tablename__ = "agreed_goals"
    process_id: UUID = Field(primary_key=True)
    version: int
    agreed_at: datetime = instant()
    goals: list[dict[str, Any]] = sealed_column(SealedJson("agreed_goals.goals"))
    earlier: list[dict[str, Any]] = sealed_column(SealedJson("agreed_goals.earlier"))


class Evaluation(Table, table=True):
    """A round of evaluation, and who was asked in it."""

    evaluation_id: UUID = Field(primary_key=True)
    version: int
    process_id: UUID = Field(index=True)
    phase: Phase = enum_column(Phase)
    status: str
    opened_at: datetime = instant()
    due_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)
    invited: list[UUID] = uuid_list()
    answered: int | None = None


class Answer(Table, table=True):
    """What one participant answered, or (with no participant) the levels that the group agreed together."""

    answer_id: UUID = Field(primary_key=True)
    version: int
    evaluation_id: UUID
    process_id: UUID = Field(index=True)
    phase: Phase = enum_column(Phase)
    participant_id: UUID | None = Field(default=None, index=True)
    goals: dict[str, int] = sealed_column(SealedJson("answer.goals"))
    benefits: dict[str, int | None] = sealed_column(SealedJson("answer.benefits"))
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
    actions: list[dict[str, Any]] = sealed_column(SealedJson("summary.actions"))


class ErasedParticipant(Table, table=True):
    """A participant who asked to be forgotten, so that no late answer brings them back."""

    __tablename__ = "erased_participant"
    participant_id: UUID = Field(primary_key=True)


class AwaitedEvent(Table, table=True):
    """An event still to arrive since a rebuild emptied the tables above."""

    __tablename__ = "awaited_event"
    event_id: UUID = Field(primary_key=True)


REBUILT_TABLES: tuple[type[Table], ...] = (
    Supervisor,
    Practice,
    Process,
    Session,
    AgreedGoals,
    Evaluation,
    Answer,
    Summary,
)
"""Tables that a rebuild empties, because booking can publish their events again. ErasedParticipant is never emptied."""


# -- reports ----------------------------------------------------------------------------------------------


class ReportKind(StrEnum):
    goal_report = "goal_report"
    overview_report = "overview_report"
    client_report = "client_report"


class ReportStatus(StrEnum):
    """The status of a report. Only a client's is ever released, and withdrawn when a later edition replaces it."""

    due = "due"
    compiled = "compiled"
    skipped = "skipped"
    released = "released"
    withdrawn = "withdrawn"


class Report(Table, table=True):
    """A report that is due or compiled: its content, and its PDF as it was rendered then."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: ReportKind = enum_column(ReportKind)
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
    status: ReportStatus = enum_column(ReportStatus, default=ReportStatus.due)
    #: these two in real time, whatever the clock of a demo shows
    asked_at: datetime = database_time()
    next_try_at: datetime = database_time()
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    #: the kind of the error that the last try ended in
    trouble: str | None = None
    #: grows with each event published about it
    version: int = 0
    compiled_at: datetime | None = instant(nullable=True)
    #: how long compiling took, in real time
    seconds: float | None = None
    document: dict[str, Any] | None = sealed_column(SealedJson("report.document"), nullable=True)
    pdf: bytes | None = sealed_column(SealedFile("report.pdf"), nullable=True)
    #: what a client report says in words that its participants approve, by paragraphs
    words: list[str] = Field(default_factory=list, sa_column=Column(SealedLines("report.words"), nullable=False))
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
    """How often a supervisor gets reports, and until when they have been requested."""

    __tablename__ = "report_schedule"
    supervisor_id: UUID = Field(primary_key=True)
    cadence: Cadence = enum_column(Cadence)
    #: when the supervisor was first known here: what had ended by then is not reported automatically
    heard_at: datetime = instant()
    asked_until: datetime = instant()
    due_at: datetime = instant(index=True)


class Review(Table, table=True):
    """That a participant has reviewed a client report, in which version, and whether they approve its release."""

    report_id: UUID = report_key(primary=True)
    participant_id: UUID = Field(primary_key=True, index=True)
    version: int
    approved: bool
    comment: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    #: the digest of the browser in which it was written, which may show it again
    written_on: str | None = None
    at: datetime = instant()


class ReleasedFigure(Table, table=True):
    """The people behind a figure released to a client, so that no later figure reveals one person's answer."""

    __tablename__ = "released_figure"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    report_id: UUID = report_key()
    questions: list[str] = text_list()
    asked: list[dict[str, str]] = json_column()
    people: list[str] = text_list()

    __table_args__ = (Index("figures_about_questions", "questions", postgresql_using="gin"),)


class ParticipantAddress(Table, table=True):
    """Which address a participant's links are made for, once they have had another one than at first."""

    __tablename__ = "participant_address"
    participant_id: UUID = Field(primary_key=True)
    version: int
    address_id: UUID


class Link(Table, table=True):
    """A personal link to one report, known by the digest of its secret."""

    digest: str = Field(primary_key=True)
    report_id: UUID = report_key()
    reader: str
    participant_id: UUID | None = Field(default=None, index=True)
    #: the address of its reader that it was made for; for another one it opens nothing
    address_id: UUID | None = None
    expires_at: datetime = instant(index=True)


class AuditEntry(AuditColumns, Table, table=True):
    """Who read, changed or released a report. Ids only."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("entries_of_practice", "practice_id", "id"), Index("entries_of_actor", "actor", "id"))
