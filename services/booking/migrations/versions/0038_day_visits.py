"""Know what came about since a supervisor last looked at their day."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "day_visit",
        sa.Column("supervisor_id", sa.Uuid(), sa.ForeignKey("supervisor.id"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("supervisor_id"),
    )
