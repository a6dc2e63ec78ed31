"""Links to reports belong to an address of a supervisor or of a client's contact."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("supervisor", sa.Column("address_id", sa.Uuid(), nullable=True))
    op.add_column("process", sa.Column("client_address_id", sa.Uuid(), nullable=True))
