"""Let a held time know the network from which it was asked for, and find those of the last half hour."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("intake", sa.Column("network", sa.String(), nullable=True))
    op.create_index("ix_intake_requested_at", "intake", ["requested_at"])
