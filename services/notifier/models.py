"""The tables of the notifier: the newest state known from events, and the letters that follow from it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.core.database import enum_column, instant, json_column, new_id, uuid_list
from services.core.sealing import SealedColumn, SealedFile, SealedJson, sealed_column
from services.events import catalogue
from services.events.catalogue import Actor, Form, Mode, Phase
from services.notifier.kinds import LetterKind
from services.web.pages.practice import PracticeColumns
from services.web.security.audit import AuditColumns


class Table(SQLModel, registry=registry()):
    """Base of this service's tables, with a metadata of their own."""


def text_column() -> Any:
    return Field(default=None, sa_column=Column(String, nullable=False))


def counter_column(start: int) -> Any:
    return Field(default=start, sa_column_kwargs={"server_default": str(start)})


# -- supervisors and readers ------------------------------------------------------------------------------


class Supervisor(Table, table=True):
    supervisor_id: UUID = Field(primary_key=True)
    version: int
    full_name: str
    email: str
    title: str | None = None
    phone: str | None = None
    signature: str | None = None
    calendar_link: UUID
    active: bool = True
    address_id: UUID | None = None


class Practice(PracticeColumns, Table, table=True):
    """The practice's name and colour, as its letters show them. A logo in letters would be a file in each of them."""


class Process(Table, table=True):
    process_id: UUID = Field(primary_key=True)
    version: int
    code: str
    title: str
    form: Form = text_column()
    status: str
    supervisor_id: UUID = Field(index=True)
    client_id: UUID = Field(index=True)
    client_first_name: str
    client_last_name: str
    client_email: str
    client_address_id: UUID | None = None
    planned_sessions: int
    reminder_days: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    min_group_size: int


class Participant(Table, table=True):
    """An erased participant stays as a row without name or address, so that no late event brings them back."""

    participant_id: UUID = Field(primary_key=True)
    version: int
    process_id: UUID = Field(index=True)
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    active: bool
    page_link: UUID | None = None
    address_id: UUID | None = None
    summary_in_letter: bool = False
    joined_at: datetime | None = instant(nullable=True)
    #: where the SEQUENCE of their calendar entries begins
    first_sequence: int = 0
    seen_at: datetime = instant()
    #: since when they have another address, and on which sessions their feedback was open then
    readdressed_at: datetime | None = instant(nullable=True)
    feedback_open: list[str] | None = json_column(nullable=True)
    #: whether more than times may be sent to their address
    address_accepted: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})


class Preference(Table, table=True):
    """Which reminders a participant wants, and the link by which they say so."""

    participant_id: UUID = Field(primary_key=True)
    link: UUID = Field(default_factory=uuid4)
    digest: str = Field(unique=True)
    #: of the link of before version 0.2, which named no key and may be in letters
    older_digest: str | None = Field(default=None, index=True)
    reminder_week: bool = True
    reminder_day: bool = True


# -- what letters are about -------------------------------------------------------------------------------


class Session(Table, table=True):
    """A session as published by one event; the row with the highest version is its newest state."""

    session_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    sequence: int | None = None
    process_id: UUID = Field(index=True)
    supervisor_id: UUID
    number: int
    status: str
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    mode: Mode = text_column()
    location: str | None = None
    join_url: str | None = None
    booked_at: datetime = instant()
    changed_at: datetime = instant()
    changed_by: Actor = text_column()
    batch_id: UUID
    batch_size: int
    free_until: datetime = instant()
    late_fee_percent: int
    waives_force_majeure: bool
    cancelled_late: bool = False
    undo_until: datetime | None = instant(nullable=True)
    feedback_links: dict[str, str] | None = json_column(nullable=True)

    __table_args__ = (
        Index("sessions_of_supervisor", "supervisor_id", "starts_at"),
        Index("changes_of_supervisor", "supervisor_id", "changed_at"),
        Index("sessions_by_time", "starts_at"),
    )


class Intention(Table, table=True):
    """What a participant said about coming to a session at one time; of another time it says nothing."""

    session_id: UUID = Field(primary_key=True)
    participant_id: UUID = Field(primary_key=True)
    version: int
    intention: catalogue.Intention = text_column()
    starts_at: datetime = instant(index=True)

    __table_args__ = (Index("intentions_of_participant", "participant_id"),)


class Intake(Table, table=True):
    """An intake (kartoittava keskustelu) as published by one event."""

    intake_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    sequence: int | None = None
    supervisor_id: UUID
    status: str
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    full_name: str
    email: str
    mode: Mode = text_column()
    location: str | None = None
    join_url: str | None = None
    expires_at: datetime = instant()
    link: UUID
    free_of_charge: bool
    changed_by: Actor = text_column()
    undo_until: datetime | None = instant(nullable=True)
    seen_at: datetime = instant(index=True)

    __table_args__ = (Index("intakes_of_supervisor", "supervisor_id", "starts_at"),)


def time_and_place(meeting: Session | Intake) -> dict[str, Any]:
    return {name: getattr(meeting, name) for name in ("starts_at", "ends_at", "mode", "location", "join_url")}


class AccessNotice(Table, table=True):
    """What one mailbox is told about access: a link, a code, or that somebody has another address now."""

    __tablename__ = "login"
    notice_id: UUID = Field(sa_column=Column("login_id", Uuid, key="notice_id", primary_key=True))
    version: int
    kind: LetterKind = text_column()
    email: str
    full_name: str
    #: whose erasure takes it along
    participant_id: UUID | None = Field(default=None, index=True)
    link: UUID | None = None
    #: what else the letter says, as its kind asks for it
    details: dict[str, str] | None = json_column(nullable=True)
    expires_at: datetime = instant(index=True)
    seen_at: datetime = instant()


class Evaluation(Table, table=True):
    evaluation_id: UUID = Field(primary_key=True)
    version: int
    process_id: UUID = Field(index=True)
    phase: Phase = text_column()
    status: str
    opened_at: datetime = instant()
    due_at: datetime = instant()
    invited: list[UUID] = uuid_list()
    answer_links: dict[str, str] = json_column()
    remind: bool
    discussed_at: datetime | None = instant(nullable=True)


class Answer(Table, table=True):
    """That a participant has answered, not what."""

    evaluation_id: UUID = Field(primary_key=True)
    participant_id: UUID = Field(primary_key=True)


class Summary(Table, table=True):
    """Each published version of a summary; its text only when somebody wants it in the letter."""

    summary_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    session_id: UUID = Field(index=True)
    process_id: UUID
    published_at: datetime = instant()
    sends_letter: bool
    links: dict[str, str] = json_column()
    link_expires_at: datetime = instant()
    content: dict[str, Any] | None = sealed_column(SealedJson("summary.content"), nullable=True)

    __table_args__ = (
        Index("summaries_by_time", "published_at"),
        Index("summaries_with_text", "published_at", postgresql_where=text("content IS NOT NULL")),
    )


class Report(Table, table=True):
    report_id: UUID = Field(primary_key=True)
    version: int
    kind: str
    process_id: UUID | None = None
    supervisor_id: UUID
    period_label: str
    figures: dict[str, Any] = sealed_column(SealedJson("report.figures"))
    html: str = sealed_column(SealedColumn("report.html"), default="")
    pdf: bytes | None = sealed_column(SealedFile("report.pdf"), nullable=True)
    supervisor_link: UUID | None = None
    review_links: dict[str, str] | None = json_column(nullable=True)
    compiled_at: datetime | None = instant(nullable=True)
    released_at: datetime | None = instant(nullable=True)
    client_link: UUID | None = None

    __table_args__ = (
        Index("reports_with_pages", "compiled_at", postgresql_where=text("pdf IS NOT NULL OR html <> ''")),
    )


# -- letters ----------------------------------------------------------------------------------------------


class LetterStatus(StrEnum):
    """The status of a letter; `uncertain` means that the server may or may not have taken it."""

    planned = "planned"
    sending = "sending"
    sent = "sent"
    failed = "failed"
    uncertain = "uncertain"
    cancelled = "cancelled"
    skipped = "skipped"


class Letter(Table, table=True):
    """One letter to one recipient. Its key is unique: a letter is inserted if absent, never merged."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: LetterKind = text_column()
    subject_id: UUID
    time: datetime = instant()
    recipient_id: UUID = Field(index=True)
    #: 1, and one more each time that a person sends it again
    edition: int = counter_column(1)
    process_id: UUID | None = Field(default=None, index=True)
    supervisor_id: UUID | None = None
    created_at: datetime = instant()
    #: the trace of the event that it follows from
    traceparent: str | None = None
    due_at: datetime = instant()
    #: after this it is not sent any more
    not_after: datetime | None = instant(nullable=True)
    status: LetterStatus = Field(
        default=LetterStatus.planned, sa_column=Column(String, nullable=False, server_default=LetterStatus.planned)
    )
    next_try_at: datetime = instant()
    attempts: int = counter_column(0)
    #: stage and reply code of the last try that failed, never the reply's text
    trouble: str | None = None
    #: the last try failed for the server's reasons, not for this letter's
    awaits_server: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    claim: UUID | None = None
    leased_until: datetime | None = instant(nullable=True)
    #: the server said 354: whatever happens now, it may have the letter
    handed_over_at: datetime | None = instant(nullable=True)
    sent_at: datetime | None = instant(nullable=True)
    failed_at: datetime | None = instant(nullable=True)
    #: its recipient has another address by now
    went_elsewhere: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    #: one more each time that it is rendered anew
    revision: int = counter_column(0)
    message_id: str | None = None
    #: address and bytes as every try sends them, encrypted
    message: bytes | None = Field(default=None, sa_column=Column(LargeBinary))

    __table_args__ = (
        Index("one_letter", "kind", "subject_id", "time", "recipient_id", "edition", unique=True),
        Index("due_letters", "next_try_at", postgresql_where=text("status = 'planned'")),
        Index("planned_letters", "due_at", postgresql_where=text("status = 'planned'")),
        Index("letters_that_await_the_server", "id", postgresql_where=text("status = 'planned' AND awaits_server")),
        Index("claimed_letters", "leased_until", postgresql_where=text("status = 'sending'")),
        Index(
            "unsettled_letters",
            "kind",
            "status",
            postgresql_where=text("status IN ('planned', 'sending', 'failed', 'uncertain')"),
        ),
        Index("sent_letters", "sent_at", "kind", postgresql_where=text("sent_at IS NOT NULL")),
        Index("letters_of_supervisor", "supervisor_id", "created_at", "id"),
        Index("letters_in_order", "created_at", "id"),
        Index("letters_with_text", "created_at", postgresql_where=text("message IS NOT NULL")),
        CheckConstraint(
            "status IN ('planned', 'sending', 'sent', 'failed', 'uncertain', 'cancelled', 'skipped')",
            name="known_letter_status",
        ),
    )


class Mention(Table, table=True):
    """Which version of a session or intake a letter mentions, and its SEQUENCE in the recipient's calendar."""

    letter_id: UUID = Field(
        sa_column=Column(ForeignKey("letter.id", ondelete="CASCADE"), nullable=False, primary_key=True)
    )
    meeting_id: UUID = Field(primary_key=True, index=True)
    version: int
    previous_version: int | None = None
    sequence: int


class ServerRest(Table, table=True):
    """Until when all senders pause after the mail server failed; one row, in real time."""

    __tablename__ = "server_rest"
    id: int = Field(default=1, primary_key=True)
    failures: int
    until: datetime = instant()

    __table_args__ = (CheckConstraint("id = 1", name="one_mail_server"),)


class NewsKind(StrEnum):
    """What a supervisor is told of at once."""

    booked = "booked"
    moved = "moved"
    cancelled = "cancelled"
    not_coming = "not_coming"
    first_talk = "first_talk"
    all_answered = "all_answered"
    refused = "refused"


class Telling(StrEnum):
    """When a supervisor is told of a kind of news."""

    at_once = "at_once"
    hourly = "hourly"
    never = "never"


class News(Table, table=True):
    """Something that others did, and in which of the supervisor's letters it is told. Ids and times only."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    supervisor_id: UUID
    kind: NewsKind = enum_column(NewsKind)
    about_id: UUID
    #: who did it, where several may do the same
    person_id: UUID
    version: int
    process_id: UUID | None = None
    #: the time of its letter
    told_at: datetime = instant(index=True)

    __table_args__ = (
        UniqueConstraint("kind", "about_id", "person_id", "version", name="told_once"),
        Index("news_of_letter", "supervisor_id", "told_at"),
    )


class NewsChoice(Table, table=True):
    """When a supervisor wants to be told of a kind of news."""

    __tablename__ = "news_choice"
    supervisor_id: UUID = Field(primary_key=True)
    kind: NewsKind = Field(sa_column=Column(Enum(NewsKind, native_enum=False, length=20), primary_key=True))
    telling: Telling = enum_column(Telling)


class AgendaDay(Table, table=True):
    """A day whose agendas have been written, by whichever periodic process came first."""

    __tablename__ = "agenda_day"
    day: date = Field(primary_key=True)


class AuditEntry(AuditColumns, Table, table=True):
    """Who read or resent a letter. Ids only."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("entries_of_practice", "practice_id", "id"), Index("entries_of_actor", "actor", "id"))
