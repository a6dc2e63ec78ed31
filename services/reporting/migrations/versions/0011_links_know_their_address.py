"""Every link to a report belongs to one address of its reader."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("supervisor", sa.Column("address_id", sa.Uuid(), nullable=True))
    op.add_column("process", sa.Column("client_address_id", sa.Uuid(), nullable=True))
    op.add_column("link", sa.Column("address_id", sa.Uuid(), nullable=True))
    op.execute("""
        UPDATE link SET address_id = participant_address.address_id FROM participant_address
        WHERE link.participant_id = participant_address.participant_id AND expires_at > now()
    """)
