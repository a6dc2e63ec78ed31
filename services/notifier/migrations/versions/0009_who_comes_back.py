"""Keep where the SEQUENCE of somebody's calendar entries begins: higher for who left and came back."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participant", sa.Column("first_sequence", sa.Integer(), server_default="0", nullable=False))
