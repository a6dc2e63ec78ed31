"""Links to reports belong to an address of a participant; a review is shown again in the browser that wrote it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "participant_address",
        sa.Column("participant_id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("address_id", sa.Uuid(), nullable=False),
    )
    op.add_column("review", sa.Column("written_on", sa.String(), nullable=True))
