"""Send no more than times to an address that a client gave and the supervisor has not accepted."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participant", sa.Column("address_accepted", sa.Boolean(), server_default="true", nullable=False))
