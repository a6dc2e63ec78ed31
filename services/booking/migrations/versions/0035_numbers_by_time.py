"""Let a supervisor allow more sessions than were agreed, and number sessions in the order of their times."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("process", sa.Column("clients_may_exceed", sa.Boolean(), nullable=False, server_default=sa.false()))
    # By way of negative numbers, because those of one process differ at every moment.
    op.execute(
        """
        UPDATE session SET number = -by_time.place
        FROM (
            SELECT id, row_number() OVER (PARTITION BY process_id ORDER BY starts_at, id) AS place
            FROM session WHERE status <> 'cancelled'
        ) AS by_time
        WHERE by_time.id = session.id AND session.number <> by_time.place
        """
    )
    op.execute("UPDATE session SET number = -number WHERE number < 0")
