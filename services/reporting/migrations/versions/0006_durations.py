"""Let a report say how long it took to make, and let those of the last hour be found."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("report", sa.Column("seconds", sa.Float(), nullable=True))
    op.create_index("made_reports", "report", ["compiled_at"], if_not_exists=True)
