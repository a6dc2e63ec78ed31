"""Let a supervisor say when the participants of new processes are reminded."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "supervisor",
        sa.Column("reminder_days", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{7,1}'"), nullable=False),
    )
