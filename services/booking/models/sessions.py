"""The tables of sessions, attendance, intentions and wishes, intakes, summaries and private notes."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.booking.models.base import Table, foreign_key
from services.booking.models.evaluation import encrypted_column
from services.core.database import enum_column, instant, new_id
from services.core.sealing import SealedColumn, sealed_column
from services.events.catalogue import Actor, Form, Intention, Mode


class Session(Table, table=True):
    """A session (tapaaminen). The cancellation policy is copied to it when it is booked."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    #: the SEQUENCE of its calendar entry at first: 1 for what was sent before letters and feed counted alike
    first_sequence: int = 0
    process_id: UUID = foreign_key("process.id")
    supervisor_id: UUID = foreign_key("supervisor.id", index=False)
    number: int
    status: str = "booked"
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    mode: Mode = enum_column(Mode)
    location: str | None = None
    join_url: str | None = None
    series_id: UUID | None = Field(default=None, index=True)
    booked_at: datetime = instant()
    changed_at: datetime = instant()
    changed_by: Actor = enum_column(Actor)
    free_until: datetime = instant()
    free_until_hours: int
    late_fee_percent: int
    no_show_fee_percent: int
    waive_force_majeure: bool
    cancelled_at: datetime | None = instant(nullable=True)
    cancelled_late: bool = False
    cancel_reason: str | None = sealed_column(SealedColumn("session.cancel_reason"), nullable=True)
    #: until when the newest change can be taken back: it was pressed on a page, and nobody has been told of it yet
    undo_until: datetime | None = instant(nullable=True)

    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="session_runs_forwards"),
        CheckConstraint("status IN ('requested', 'booked', 'held', 'cancelled')", name="known_session_status"),
        Index(
            "one_number_a_process", "process_id", "number", unique=True, postgresql_where=text("status <> 'cancelled'")
        ),
        Index("sessions_of_supervisor", "supervisor_id", "starts_at"),
        Index("sessions_by_time", "starts_at", "id"),
        Index("sessions_with_reason", "process_id", postgresql_where=text("cancel_reason IS NOT NULL")),
    )

    @property
    def sequence(self) -> int:
        """The SEQUENCE of its calendar entry, in letters, feed and page."""
        return self.version - 1 + self.first_sequence


class SessionBefore(Table, table=True):
    """What a session was before the newest change, as long as that can be taken back.

    Its time then stays in `occupied_time` under the id `kept_as`, unless the session itself has taken a part of it.
    """

    __tablename__ = "session_before"
    session_id: UUID = Field(sa_column=Column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True))
    change_id: UUID = Field(index=True)
    changed_by: Actor = enum_column(Actor)
    until: datetime = instant(index=True)
    kept_as: UUID
    number: int
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    free_until: datetime = instant()


class Attendance(Table, table=True):
    """The attendance of a participant: present, excused or no_show."""

    session_id: UUID = foreign_key("session.id", primary=True, index=False)
    participant_id: UUID = foreign_key("participant.id", primary=True)
    state: str


class AttendanceIntention(Table, table=True):
    """What a participant intends to do about a session at one time: once it has been moved, nothing is known again."""

    __tablename__ = "attendance_intention"
    session_id: UUID = foreign_key("session.id", primary=True, index=False)
    participant_id: UUID = foreign_key("participant.id", primary=True)
    version: int = 1
    intention: Intention = enum_column(Intention)
    starts_at: datetime = instant()
    #: how it came to be known
    source: str = "page"
    note: str | None = sealed_column(SealedColumn("attendance_intention.note"), nullable=True)
    said_at: datetime = instant()

    __table_args__ = (
        CheckConstraint("intention IN ('coming', 'maybe', 'not_coming')", name="known_intention"),
        CheckConstraint("source IN ('page', 'calendar', 'bounce')", name="known_source_of_intention"),
    )


class ChangeWish(Table, table=True):
    """What a participant of a shared session wishes for all of them: another time, or that it is cancelled.

    It holds for the time that the session had then. Once the session is moved or cancelled it has been answered, and
    taking that back brings it back; only a no is written down.
    """

    __tablename__ = "change_wish"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID = foreign_key("session.id", index=False)
    participant_id: UUID = foreign_key("participant.id")
    kind: str
    starts_at: datetime = instant()
    #: the time that is proposed instead, if any
    new_starts_at: datetime | None = instant(nullable=True)
    note: str | None = sealed_column(SealedColumn("change_wish.note"), nullable=True)
    wished_at: datetime = instant()
    declined_at: datetime | None = instant(nullable=True)

    __table_args__ = (
        CheckConstraint("kind IN ('move', 'cancel')", name="known_kind_of_wish"),
        CheckConstraint("kind = 'move' OR new_starts_at IS NULL", name="only_a_move_has_a_new_time"),
        UniqueConstraint("session_id", "participant_id", name="one_wish_a_participant"),
    )


class Intake(Table, table=True):
    """A meeting before the first process (kartoittava keskustelu): held until confirmed by its link."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    #: the SEQUENCE of its calendar entry at first: 1 for what was sent before letters and feed counted alike
    first_sequence: int = 0
    supervisor_id: UUID = foreign_key("supervisor.id")
    status: str = "held"
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    name: str
    email: str
    organisation: str | None = None
    message: str | None = sealed_column(SealedColumn("intake.message"), nullable=True)
    link: UUID = Field(default_factory=uuid4)
    #: the digest of the cookie of the browser in which it was asked for
    browser: str | None = None
    #: the digest of the network from which it was asked for, until it ends or begins
    network: str | None = None
    requested_at: datetime = instant(index=True)
    expires_at: datetime = instant()
    confirmed_at: datetime | None = instant(nullable=True)
    #: until when its cancellation can be taken back, and by whom
    undo_until: datetime | None = instant(nullable=True)
    undo_by: Actor | None = enum_column(Actor, nullable=True)
    start: bool | None = None
    recommended_form: Form | None = enum_column(Form, nullable=True)
    process_id: UUID | None = Field(default=None, sa_column=Column(ForeignKey("process.id")))

    __table_args__ = (
        CheckConstraint("status IN ('held', 'confirmed', 'cancelled', 'expired')", name="known_intake_status"),
        Index("held_intakes", "expires_at", postgresql_where=text("status = 'held'")),
        Index("intakes_by_address", text("lower(email)")),
        Index("undoable_intakes", "undo_until", postgresql_where=text("undo_until IS NOT NULL")),
    )

    @property
    def sequence(self) -> int:
        """The SEQUENCE of its calendar entry, in letters, feed and page."""
        return self.version - 1 + self.first_sequence


class Summary(Table, table=True):
    """The summary of a session. `revision` counts changes and publications, `version` the published events."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID = Field(sa_column=Column(ForeignKey("session.id"), nullable=False, unique=True))
    revision: int = 1
    version: int = 0
    edition: int = 0
    draft: bytes = Field(sa_column=encrypted_column())
    done: list[UUID] = Field(default_factory=list, sa_column=Column(ARRAY(Uuid), nullable=False))
    written_at: datetime = instant()
    published_at: datetime | None = instant(nullable=True)

    __table_args__ = (CheckConstraint("(edition > 0) = (published_at IS NOT NULL)", name="published_has_an_edition"),)


class SummaryEdition(Table, table=True):
    """The text of a summary as it was published; a correction is the next edition."""

    __tablename__ = "summary_edition"
    summary_id: UUID = foreign_key("summary.id", primary=True, index=False)
    number: int = Field(primary_key=True)
    text: bytes = Field(sa_column=encrypted_column())
    published_at: datetime = instant()
    sent_letter: bool


class SummaryReader(Table, table=True):
    """A participant who may read a summary. Its id is that of the personal link."""

    __tablename__ = "summary_reader"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    summary_id: UUID = foreign_key("summary.id", index=False)
    participant_id: UUID = foreign_key("participant.id")

    __table_args__ = (UniqueConstraint("summary_id", "participant_id", name="one_link_a_reader"),)


class PrivateNote(Table, table=True):
    """The supervisor's private note. It is shown to its author only, and no event holds it."""

    __tablename__ = "private_note"
    session_id: UUID = foreign_key("session.id", primary=True, index=False)
    version: int = 1
    text: bytes = Field(sa_column=encrypted_column())
    written_at: datetime = instant()
