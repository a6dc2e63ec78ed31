"""The tables of goals, evaluation, feedback, summaries and notes. What was written in confidence rests sealed."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.booking.models import Table, instant, key
from services.database import new_id
from services.events.catalogue import Phase


def sealed(*, nullable: bool = False) -> Column[bytes]:
    """Text that only `services.booking.safe` opens."""
    return Column(LargeBinary, nullable=nullable)


# -- goals ------------------------------------------------------------------------------------------------


class AgreedGoals(Table, table=True):
    """The goals of one process as a whole; each change of any of them is a version."""

    __tablename__ = "agreed_goals"
    process_id: UUID = key("process.id", primary=True, index=False)
    version: int = 1
    agreed_at: datetime = instant()


class Goal(Table, table=True):
    """A goal (tavoite), whatever its words are. One that was dropped keeps what was rated."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    process_id: UUID = key("process.id")
    position: int
    dropped_at: datetime | None = instant(nullable=True)


class GoalWording(Table, table=True):
    """How a goal is worded from one version of the process's goals on: five levels, from −2 to +2."""

    __tablename__ = "goal_wording"
    goal_id: UUID = key("goal.id", primary=True, index=False)
    since: int = Field(primary_key=True)
    title: str
    benefit: str | None = None
    levels: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    importance: int = Field(sa_column=Column(SmallInteger, nullable=False))
    baseline: int = Field(sa_column=Column(SmallInteger, nullable=False))
    agreed_at: datetime = instant()

    __table_args__ = (
        CheckConstraint(
            "cardinality(levels) = 5 AND array_position(levels, NULL) IS NULL AND array_position(levels, '') IS NULL",
            name="five_described_levels",
        ),
        CheckConstraint(
            "levels[1] <> ALL (levels[2:5]) AND levels[2] <> ALL (levels[3:5])"
            " AND levels[3] <> ALL (levels[4:5]) AND levels[4] <> levels[5]",
            name="levels_differ",
        ),
        CheckConstraint("importance BETWEEN 1 AND 3", name="known_importance"),
        CheckConstraint("baseline IN (-2, -1)", name="baseline_is_below_the_goal"),
    )


# -- evaluation -------------------------------------------------------------------------------------------


class Evaluation(Table, table=True):
    """A round of evaluation, with what is asked in it and how far the process was when it opened."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    process_id: UUID = key("process.id")
    phase: Phase = Field(sa_column=Column(String, nullable=False))
    status: str = "open"
    opened_at: datetime = instant()
    due_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)
    benefits: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    held_sessions: int
    planned_sessions: int

    __table_args__ = (
        CheckConstraint("phase IN ('start', 'mid', 'final')", name="known_phase"),
        CheckConstraint(
            "status IN ('open', 'closed') AND (status = 'closed') = (closed_at IS NOT NULL)", name="closed_once"
        ),
        CheckConstraint("opened_at < due_at", name="round_runs_forwards"),
        Index("one_open_round_a_phase", "process_id", "phase", unique=True, postgresql_where=text("status = 'open'")),
        Index("open_rounds", "due_at", postgresql_where=text("status = 'open'")),
    )


class Invitation(Table, table=True):
    """A participant who is asked to answer a round. Its id is that of the personal link.

    What they have filled in and not sent yet is the draft; until they send it, nobody else reads or counts it.
    """

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    evaluation_id: UUID = key("evaluation.id", index=False)
    participant_id: UUID = key("participant.id")
    draft: bytes | None = Field(default=None, sa_column=sealed(nullable=True))

    __table_args__ = (UniqueConstraint("evaluation_id", "participant_id", name="one_invitation_a_participant"),)


class Answer(Table, table=True):
    """What one participant answered in a round, or (with no participant) what the group agreed together."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    evaluation_id: UUID = key("evaluation.id", index=False)
    participant_id: UUID | None = Field(default=None, sa_column=Column(Uuid, index=True))
    goals_version: int
    comment: bytes | None = Field(default=None, sa_column=sealed(nullable=True))
    answered_at: datetime = instant()

    __table_args__ = (
        UniqueConstraint(
            "evaluation_id", "participant_id", name="one_answer_a_participant", postgresql_nulls_not_distinct=True
        ),
        ForeignKeyConstraint(
            ["evaluation_id", "participant_id"],
            ["invitation.evaluation_id", "invitation.participant_id"],
            name="only_the_invited_answer",
        ),
    )


class GoalRating(Table, table=True):
    """A level given to a goal, in the words that the goal had then."""

    __tablename__ = "goal_rating"
    answer_id: UUID = Field(sa_column=Column(ForeignKey("answer.id", ondelete="CASCADE"), primary_key=True))
    goal_id: UUID = Field(primary_key=True)
    since: int
    level: int = Field(sa_column=Column(SmallInteger, nullable=False))

    __table_args__ = (
        ForeignKeyConstraint(
            ["goal_id", "since"], ["goal_wording.goal_id", "goal_wording.since"], name="words_that_were_rated"
        ),
        CheckConstraint("level BETWEEN -2 AND 2", name="known_level"),
    )


class BenefitRating(Table, table=True):
    """How far somebody agrees with the statement of a benefit; none means that they can't say."""

    __tablename__ = "benefit_rating"
    answer_id: UUID = Field(sa_column=Column(ForeignKey("answer.id", ondelete="CASCADE"), primary_key=True))
    benefit: str = Field(primary_key=True)
    agreement: int | None = Field(default=None, sa_column=Column(SmallInteger))

    __table_args__ = (CheckConstraint("agreement BETWEEN 1 AND 5", name="known_agreement"),)


class Feedback(Table, table=True):
    """What a participant says of one meeting, from 0 to 10; empty until then. Its id is that of the personal link."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    session_id: UUID = key("session.id", index=False)
    participant_id: UUID = key("participant.id")
    useful: int | None = Field(default=None, sa_column=Column(SmallInteger))
    openness: int | None = Field(default=None, sa_column=Column(SmallInteger))
    progress: int | None = Field(default=None, sa_column=Column(SmallInteger))
    takeaway: bytes | None = Field(default=None, sa_column=sealed(nullable=True))
    answered_at: datetime | None = instant(nullable=True)

    __table_args__ = (
        UniqueConstraint("session_id", "participant_id", name="one_feedback_a_participant"),
        CheckConstraint("useful BETWEEN 0 AND 10", name="useful_in_range"),
        CheckConstraint("openness BETWEEN 0 AND 10", name="openness_in_range"),
        CheckConstraint("progress BETWEEN 0 AND 10", name="progress_in_range"),
    )


# -- summaries and notes ----------------------------------------------------------------------------------


class Summary(Table, table=True):
    """The summary of a meeting. `revision` counts changes of the draft, `version` what others were told."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID = Field(sa_column=Column(ForeignKey("session.id"), nullable=False, unique=True))
    revision: int = 1
    version: int = 0
    edition: int = 0
    draft: bytes = Field(sa_column=sealed())
    done: list[UUID] = Field(default_factory=list, sa_column=Column(ARRAY(Uuid), nullable=False))
    written_at: datetime = instant()
    published_at: datetime | None = instant(nullable=True)

    __table_args__ = (CheckConstraint("(edition > 0) = (published_at IS NOT NULL)", name="published_has_an_edition"),)


class SummaryEdition(Table, table=True):
    """The text of a summary as it was published; a correction is the next edition."""

    __tablename__ = "summary_edition"
    summary_id: UUID = key("summary.id", primary=True, index=False)
    number: int = Field(primary_key=True)
    text: bytes = Field(sa_column=sealed())
    published_at: datetime = instant()
    sent_letter: bool


class SummaryReader(Table, table=True):
    """A participant who may read a summary. Its id is that of the personal link."""

    __tablename__ = "summary_reader"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    summary_id: UUID = key("summary.id", index=False)
    participant_id: UUID = key("participant.id")

    __table_args__ = (UniqueConstraint("summary_id", "participant_id", name="one_link_a_reader"),)


class PrivateNote(Table, table=True):
    """What the supervisor noted for themselves. It leaves the service never, but to the one who wrote it."""

    __tablename__ = "private_note"
    session_id: UUID = key("session.id", primary=True, index=False)
    version: int = 1
    text: bytes = Field(sa_column=sealed())
    written_at: datetime = instant()
