"""Links to reports belong to an address of a supervisor or of a client's contact."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for party in ("supervisor", "client"):
        op.add_column(party, sa.Column("address_id", sa.Uuid(), nullable=True))
