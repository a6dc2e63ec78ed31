"""Keep what of an imported calendar could not be read, and whether declined invitations take time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("declined_are_busy", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("unread", sa.Integer(), server_default="0", nullable=False),
        sa.Column("doubts", postgresql.JSONB(), server_default="[]", nullable=False),
    ):
        op.add_column("calendar_import", column)
