"""Keep what a notice says besides whom it is for: which webhook ended, and why."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("login", sa.Column("details", postgresql.JSONB(), nullable=True))
