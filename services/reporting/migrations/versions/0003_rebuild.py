"""Know since when each supervisor is known; wait for what is told anew."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LONG_AGO = sa.text("TIMESTAMPTZ '2000-01-01 00:00:00Z'")


def upgrade() -> None:
    op.add_column(
        "report_schedule", sa.Column("heard_at", sa.DateTime(timezone=True), server_default=LONG_AGO, nullable=False)
    )
    op.alter_column("report_schedule", "heard_at", server_default=None)
    op.add_column("outbox", sa.Column("telling", sa.Integer(), server_default="1", nullable=False))
    op.drop_index("one_event_a_version", "outbox")
    op.create_index("one_event_a_telling", "outbox", ["aggregate", "version", "telling"], unique=True)
