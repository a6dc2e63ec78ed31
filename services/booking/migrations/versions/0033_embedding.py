"""Keep on which other sites a supervisor shows the booking of a first talk."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("supervisor", sa.Column("embedding_sites", ARRAY(sa.String()), nullable=False, server_default="{}"))
