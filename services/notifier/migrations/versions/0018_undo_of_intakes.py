"""Know until when the cancellation of an intake can be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("intake", sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True))
