"""Keep the SEQUENCE that booking counts for a meeting's calendar entry. Without one, the version was sent as such."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("session", "intake"):
        op.add_column(table, sa.Column("sequence", sa.Integer(), nullable=True))
