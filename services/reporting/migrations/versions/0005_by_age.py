"""Find events that were told long ago by their age."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("events_by_age", "outbox", ["staged_at"], if_not_exists=True)
