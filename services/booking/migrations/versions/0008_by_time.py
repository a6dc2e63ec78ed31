"""Find by their time what lists show in its order, processes that ended long ago, and events told long ago."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("sessions_by_time", "session", ["starts_at", "id"], if_not_exists=True)
    op.create_index("processes_by_time", "process", ["opened_at", "id"], if_not_exists=True)
    op.create_index("clients_by_time", "client", ["created_at", "id"], if_not_exists=True)
    op.create_index(
        "closed_processes",
        "process",
        ["closed_at"],
        postgresql_where=sa.text("closed_at IS NOT NULL"),
        if_not_exists=True,
    )
    op.create_index("events_by_age", "outbox", ["staged_at"], if_not_exists=True)
