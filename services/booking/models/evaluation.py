"""The tables of goals, evaluation rounds, answers and feedback. Confidential text is encrypted."""

from datetime import datetime
from typing import Any
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

from services.booking.models.base import Table, foreign_key
from services.core.database import instant, new_id
from services.core.sealing import SealedColumn, SealedJson, SealedTexts, sealed_column
from services.events.catalogue import Phase


def encrypted_column(*, nullable: bool = False) -> Column[bytes]:
    """Text that only `services.core.encryption` decrypts."""
    return Column(LargeBinary, nullable=nullable)


class AgreedGoals(Table, table=True):
    """The goals of one process as a whole; each change of any of them is a version."""

    __tablename__ = "agreed_goals"
    process_id: UUID = foreign_key("process.id", primary=True, index=False)
    version: int = 1
    agreed_at: datetime = instant()


class Goal(Table, table=True):
    """A goal (tavoite); its wording may change. A dropped goal keeps its ratings."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    process_id: UUID = foreign_key("process.id")
    position: int
    dropped_at: datetime | None = instant(nullable=True)


class GoalWording(Table, table=True):
    """How a goal is worded from one version of the process's goals on: five levels, from −2 to +2."""

    __tablename__ = "goal_wording"
    goal_id: UUID = foreign_key("goal.id", primary=True, index=False)
    since: int = Field(primary_key=True)
    title: str = sealed_column(SealedColumn("goal_wording.title"))
    benefit: str | None = None
    levels: list[str] = sealed_column(SealedTexts("goal_wording.levels"))
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


class Evaluation(Table, table=True):
    """A round of evaluation, with its benefits and how far the process was when it opened."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    process_id: UUID = foreign_key("process.id")
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

    The draft is what they have not sent yet: nobody else reads or counts it.
    """

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    evaluation_id: UUID = foreign_key("evaluation.id", index=False)
    participant_id: UUID = foreign_key("participant.id")
    draft: bytes | None = Field(default=None, sa_column=encrypted_column(nullable=True))
    #: the digests of the browsers from which the answer and the draft came, which may show them again
    written_on: str | None = None
    drafted_on: str | None = None

    __table_args__ = (UniqueConstraint("evaluation_id", "participant_id", name="one_invitation_a_participant"),)


class Answer(Table, table=True):
    """What one participant answered in a round, or (with no participant) what the group agreed together."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    evaluation_id: UUID = foreign_key("evaluation.id", index=False)
    participant_id: UUID | None = Field(default=None, sa_column=Column(Uuid, index=True))
    goals_version: int
    comment: bytes | None = Field(default=None, sa_column=encrypted_column(nullable=True))
    answered_at: datetime = instant()
    #: the level of each goal, the agreement with each benefit, and the version of the answer that gave them
    ratings: dict[str, Any] | None = sealed_column(SealedJson("answer.ratings"), nullable=True)

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
    """The level given to a goal, with the wording that it had then; of answers from before version 0.2."""

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
    """How much somebody agrees with the statement of a benefit; none means that they can't say. Of before 0.2, too."""

    __tablename__ = "benefit_rating"
    answer_id: UUID = Field(sa_column=Column(ForeignKey("answer.id", ondelete="CASCADE"), primary_key=True))
    benefit: str = Field(primary_key=True)
    agreement: int | None = Field(default=None, sa_column=Column(SmallInteger))

    __table_args__ = (CheckConstraint("agreement BETWEEN 1 AND 5", name="known_agreement"),)


class Feedback(Table, table=True):
    """A participant's feedback on one session, from 0 to 10; empty until given. Its id is that of the personal link."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    session_id: UUID = foreign_key("session.id", index=False)
    participant_id: UUID = foreign_key("participant.id")
    #: the answer to each item
    scores: dict[str, int | None] | None = sealed_column(SealedJson("feedback.scores"), nullable=True)
    #: in the clear, from before version 0.2
    useful_before: int | None = Field(default=None, sa_column=Column("useful", SmallInteger))
    openness_before: int | None = Field(default=None, sa_column=Column("openness", SmallInteger))
    progress_before: int | None = Field(default=None, sa_column=Column("progress", SmallInteger))
    takeaway: bytes | None = Field(default=None, sa_column=encrypted_column(nullable=True))
    answered_at: datetime | None = instant(nullable=True)
    #: the digest of the browser in which they wrote it, which may show it again
    written_on: str | None = None

    __table_args__ = (
        UniqueConstraint("session_id", "participant_id", name="one_feedback_a_participant"),
        CheckConstraint("useful BETWEEN 0 AND 10", name="useful_in_range"),
        CheckConstraint("openness BETWEEN 0 AND 10", name="openness_in_range"),
        CheckConstraint("progress BETWEEN 0 AND 10", name="progress_in_range"),
    )
