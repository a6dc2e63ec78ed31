"""The tables of the reporting service: the newest state that events told it. People are ids here, without names."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Enum, String, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.events.catalogue import Form, Phase


class Table(SQLModel, registry=registry()):
    """Base of this service's tables, with a metadata of their own."""


def instant(*, nullable: bool = False, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable, index=index))


def choice(kind: type[StrEnum], *, nullable: bool = False) -> Any:
    """A word of the contract, stored as text and read as the member that it is."""
    return Field(default=None, sa_column=Column(Enum(kind, native_enum=False, length=20), nullable=nullable))


def people() -> Any:
    return Field(default_factory=list, sa_column=Column(ARRAY(Uuid()), nullable=False))


def words() -> Any:
    return Field(default_factory=list, sa_column=Column(ARRAY(String()), nullable=False))


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


PROJECTIONS: tuple[type[Table], ...] = (
    Supervisor,
    Process,
    Session,
    AgreedGoals,
    Evaluation,
    Answer,
    Summary,
    Erased,
)
