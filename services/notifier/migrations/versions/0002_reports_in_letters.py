"""Keep what a report says for the letter about it, and the link that opens it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("report", sa.Column("html", sa.String(), server_default="", nullable=False))
    op.alter_column("report", "html", server_default=None)
    op.add_column("report", sa.Column("supervisor_link", sa.Uuid(), nullable=True))
