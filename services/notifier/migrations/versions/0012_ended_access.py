"""Keep what access was ended, so that no token or cookie of before is listened to."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ended_access",
        sa.Column("ending_id", sa.Uuid(), nullable=False),
        sa.Column("credential", sa.String(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ending_id"),
    )
    op.create_index(op.f("ix_ended_access_ended_at"), "ended_access", ["ended_at"])
