"""Tell the same version of something more than once."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("telling", sa.Integer(), server_default="1", nullable=False))
    op.drop_index("one_event_a_version", "outbox")
    op.create_index("one_event_a_telling", "outbox", ["aggregate", "version", "telling"], unique=True)
