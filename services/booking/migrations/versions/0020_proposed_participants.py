"""Keep whom a client would have take part in a running process, until the supervisor has said yes or no."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposed_participant",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("process_id", sa.Uuid(), sa.ForeignKey("process.id"), nullable=False, index=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("first_name", "last_name", "email")),
        sa.Column("employer", sa.String(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
