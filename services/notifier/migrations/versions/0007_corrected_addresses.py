"""Know of a letter that it went to an address which its recipient does not have any more."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    went_elsewhere = sa.Column("went_elsewhere", sa.Boolean, nullable=False, server_default="false")
    op.add_column("letter", went_elsewhere, if_not_exists=True)
