"""Find what a mailbox was sent, and whether it ever confirmed anything."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("intakes_by_address", "intake", [sa.text("lower(email)")])
