"""Make room for reports, their reviews and releases, and for who reads them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REFUSE_CHANGE = """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'what was done stays written' USING ERRCODE = 'restrict_violation';
    END $$
"""

APPEND_ONLY = """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    make_tables()
    op.execute(REFUSE_CHANGE)
    op.execute(APPEND_ONLY)


def make_tables() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(op.f("ix_audit_entry_subject"), "audit_entry", ["subject"], unique=False)
    op.create_table(
        "awaited_event", sa.Column("event_id", sa.Uuid(), nullable=False), sa.PrimaryKeyConstraint("event_id")
    )
    op.create_table(
        "report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=True),
        sa.Column("supervisor_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("evaluation_id", sa.Uuid(), nullable=True),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("compiled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("document", postgresql.JSONB(), nullable=True),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("words", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("tells_goals", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('due', 'compiled', 'skipped', 'released', 'withdrawn')", name="known_report_status"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("due_reports", "report", ["next_try_at"], unique=False, postgresql_where=sa.text("status = 'due'"))
    op.create_index(op.f("ix_report_client_id"), "report", ["client_id"], unique=False)
    op.create_index(op.f("ix_report_process_id"), "report", ["process_id"], unique=False)
    op.create_index(op.f("ix_report_supervisor_id"), "report", ["supervisor_id"], unique=False)
    op.create_index("one_report_a_period", "report", ["kind", "subject_id", "occasion", "edition"], unique=True)
    op.create_table(
        "report_schedule",
        sa.Column("supervisor_id", sa.Uuid(), nullable=False),
        sa.Column("cadence", sa.String(20), nullable=False),
        sa.Column("asked_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("supervisor_id"),
    )
    op.create_index(op.f("ix_report_schedule_due_at"), "report_schedule", ["due_at"], unique=False)
    op.create_table(
        "link",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index(op.f("ix_link_expires_at"), "link", ["expires_at"], unique=False)
    op.create_index(op.f("ix_link_participant_id"), "link", ["participant_id"], unique=False)
    op.create_index(op.f("ix_link_report_id"), "link", ["report_id"], unique=False)
    op.create_table(
        "released_figure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("questions", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("people", postgresql.ARRAY(sa.String()), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("figures_about_questions", "released_figure", ["questions"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_released_figure_report_id"), "released_figure", ["report_id"], unique=False)
    op.create_table(
        "review",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("report_id", "participant_id"),
    )
    op.create_index(op.f("ix_review_participant_id"), "review", ["participant_id"], unique=False)
    op.add_column("answer", sa.Column("person_id", sa.Uuid(), nullable=True))
    op.add_column("evaluation", sa.Column("answered", sa.Integer(), nullable=True))
