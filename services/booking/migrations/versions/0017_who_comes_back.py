"""Count the SEQUENCE of calendar entries on from the farewell for who left a process and came back."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participant", sa.Column("first_sequence", sa.Integer(), server_default="0", nullable=False))
