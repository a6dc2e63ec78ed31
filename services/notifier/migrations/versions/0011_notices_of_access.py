"""Tell a mailbox of more than a link to log in, and let a participant's links follow from their address."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("login", sa.Column("kind", sa.String(), nullable=False, server_default="login_link"))
    op.alter_column("login", "link", nullable=True)
    op.add_column("login", sa.Column("participant_id", sa.Uuid(), nullable=True))
    op.create_index("ix_login_participant_id", "login", ["participant_id"])
    op.add_column("participant", sa.Column("address_id", sa.Uuid(), nullable=True))
