"""Know until when a change of a meeting can be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("session", sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True))
