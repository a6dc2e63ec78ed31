"""Let a login link know the address that it was sent to. Those of before work no more; they lived half an hour."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("link", sa.Column("sent_to", sa.String(), nullable=True))
