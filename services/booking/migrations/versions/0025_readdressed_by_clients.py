"""Let an address that a client gave wait for the supervisor's yes."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participant", sa.Column("readdressed_at", sa.DateTime(timezone=True), nullable=True))
