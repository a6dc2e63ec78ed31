"""Find what has been kept long enough without reading every report that ever was."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, table, column, where in (
        ("closed_processes", "process", "closed_at", "closed_at IS NOT NULL"),
        ("kept_reports", "report", "last", "status = 'compiled'"),
    ):
        op.create_index(name, table, [column], postgresql_where=sa.text(where), if_not_exists=True)
