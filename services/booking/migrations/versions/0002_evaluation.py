"""Make room for goals, evaluation, feedback, summaries and notes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreed_goals",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"]),
        sa.PrimaryKeyConstraint("process_id"),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("benefits", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("held_sessions", sa.Integer(), nullable=False),
        sa.Column("planned_sessions", sa.Integer(), nullable=False),
        sa.CheckConstraint("phase IN ('start', 'mid', 'final')", name="known_phase"),
        sa.CheckConstraint(
            "status IN ('open', 'closed') AND (status = 'closed') = (closed_at IS NOT NULL)", name="closed_once"
        ),
        sa.CheckConstraint("opened_at < due_at", name="round_runs_forwards"),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_evaluation_process_id"), "evaluation", ["process_id"], unique=False)
    op.create_index(
        "one_open_round_a_phase",
        "evaluation",
        ["process_id", "phase"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index("open_rounds", "evaluation", ["due_at"], unique=False, postgresql_where=sa.text("status = 'open'"))
    op.create_table(
        "goal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_goal_process_id"), "goal", ["process_id"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("useful", sa.SmallInteger(), nullable=True),
        sa.Column("openness", sa.SmallInteger(), nullable=True),
        sa.Column("progress", sa.SmallInteger(), nullable=True),
        sa.Column("takeaway", sa.LargeBinary(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("openness BETWEEN 0 AND 10", name="openness_in_range"),
        sa.CheckConstraint("progress BETWEEN 0 AND 10", name="progress_in_range"),
        sa.CheckConstraint("useful BETWEEN 0 AND 10", name="useful_in_range"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"]),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("session_id", "participant_id", name="one_feedback_a_participant"),
    )
    op.create_index(op.f("ix_feedback_participant_id"), "feedback", ["participant_id"], unique=False)
    op.create_table(
        "goal_wording",
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("benefit", sa.String(), nullable=True),
        sa.Column("levels", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("importance", sa.SmallInteger(), nullable=False),
        sa.Column("baseline", sa.SmallInteger(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cardinality(levels) = 5 AND array_position(levels, NULL) IS NULL AND array_position(levels, '') IS NULL",
            name="five_described_levels",
        ),
        sa.CheckConstraint("baseline IN (-2, -1)", name="baseline_is_below_the_goal"),
        sa.CheckConstraint("importance BETWEEN 1 AND 3", name="known_importance"),
        sa.CheckConstraint(
            "levels[1] <> ALL (levels[2:5]) AND levels[2] <> ALL (levels[3:5])"
            " AND levels[3] <> ALL (levels[4:5]) AND levels[4] <> levels[5]",
            name="levels_differ",
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"]),
        sa.PrimaryKeyConstraint("goal_id", "since"),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"]),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("evaluation_id", "participant_id", name="one_invitation_a_participant"),
    )
    op.create_index(op.f("ix_invitation_participant_id"), "invitation", ["participant_id"], unique=False)
    op.create_table(
        "private_note",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"]),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_table(
        "summary",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=False),
        sa.Column("done", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(edition > 0) = (published_at IS NOT NULL)", name="published_has_an_edition"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("session_id"),
    )
    op.create_table(
        "answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=True),
        sa.Column("goals_version", sa.Integer(), nullable=False),
        sa.Column("comment", sa.LargeBinary(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id", "participant_id"],
            ["invitation.evaluation_id", "invitation.participant_id"],
            name="only_the_invited_answer",
        ),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "evaluation_id", "participant_id", name="one_answer_a_participant", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index(op.f("ix_answer_participant_id"), "answer", ["participant_id"], unique=False)
    op.create_table(
        "summary_edition",
        sa.Column("summary_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_letter", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["summary_id"], ["summary.id"]),
        sa.PrimaryKeyConstraint("summary_id", "number"),
    )
    op.create_table(
        "summary_reader",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("summary_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"]),
        sa.ForeignKeyConstraint(["summary_id"], ["summary.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("summary_id", "participant_id", name="one_link_a_reader"),
    )
    op.create_index(op.f("ix_summary_reader_participant_id"), "summary_reader", ["participant_id"], unique=False)
    op.create_table(
        "benefit_rating",
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("benefit", sa.String(), nullable=False),
        sa.Column("agreement", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint("agreement BETWEEN 1 AND 5", name="known_agreement"),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("answer_id", "benefit"),
    )
    op.create_table(
        "goal_rating",
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("level BETWEEN -2 AND 2", name="known_level"),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["goal_id", "since"], ["goal_wording.goal_id", "goal_wording.since"], name="words_that_were_rated"
        ),
        sa.PrimaryKeyConstraint("answer_id", "goal_id"),
    )
