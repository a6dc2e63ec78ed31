"""Count the SEQUENCE of calendar entries once, for letters, feed and page.

The letters about what is there already have counted from 1, so those entries go on from there; new ones begin with 0.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("session", "intake"):
        op.add_column(table, sa.Column("first_sequence", sa.Integer(), server_default="1", nullable=False))
