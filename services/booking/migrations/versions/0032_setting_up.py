"""Keep how far the operator has come with setting the practice up, and when the setup secret ended."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "setup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("skipped", ARRAY(sa.String()), nullable=False),
        sa.Column("letter_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("letter_arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name="one_setup"),
        sa.PrimaryKeyConstraint("id"),
    )
