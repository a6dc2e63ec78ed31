"""Keep when a letter failed for good. Of those that failed before, it is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letter", sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True))
