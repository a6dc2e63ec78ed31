"""Find by their time: meetings in lists, processes that ended long ago, and events that were told long ago."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("sessions_by_time", "session", ["starts_at", "id"], if_not_exists=True)
    op.create_index(
        "closed_processes",
        "process",
        ["closed_at"],
        postgresql_where=sa.text("closed_at IS NOT NULL"),
        if_not_exists=True,
    )
    op.create_index("events_by_age", "outbox", ["staged_at"], if_not_exists=True)
