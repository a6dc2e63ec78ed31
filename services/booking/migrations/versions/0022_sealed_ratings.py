"""Let answers and feedback hold what was rated sealed; what rests in the clear is sealed by jobs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("answer", sa.Column("ratings", postgresql.JSONB(), nullable=True))
    op.add_column("feedback", sa.Column("scores", postgresql.JSONB(), nullable=True))
