"""Let a held time know the browser in which it was asked for, by the digest of its cookie."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("intake", sa.Column("browser", sa.String(), nullable=True))
