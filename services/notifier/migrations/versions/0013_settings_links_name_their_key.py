"""Keep the settings links of before beside those that name their key, and since when somebody has another address."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("preference", sa.Column("older_digest", sa.String(), nullable=True))
    op.add_column("participant", sa.Column("readdressed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("participant", sa.Column("feedback_open", JSONB(), nullable=True))
    op.create_index(op.f("ix_preference_older_digest"), "preference", ["older_digest"])
