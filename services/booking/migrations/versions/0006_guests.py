"""Keep an evaluation that is not sent yet, and a participant's wish to be forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invitation", sa.Column("draft", sa.LargeBinary(), nullable=True))
    op.create_table(
        "erasure_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled_somehow"),
        sa.CheckConstraint("outcome IN ('erased', 'declined', 'withdrawn')", name="known_outcome"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_erasure_request_participant_id", "erasure_request", ["participant_id"])
    op.create_index(
        "one_open_erasure_request",
        "erasure_request",
        ["participant_id"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
