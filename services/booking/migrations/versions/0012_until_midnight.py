"""Let working hours last until midnight, which is written as the time 00:00."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("hours_run_forwards", "weekly_hours")
    op.create_check_constraint("hours_run_forwards", "weekly_hours", 'start < "end" OR "end" = \'00:00\'')
