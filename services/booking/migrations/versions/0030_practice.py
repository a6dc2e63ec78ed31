"""Keep what the practice says of itself."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "practice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("accent", sa.String(), nullable=False),
        sa.Column("logo_path", sa.String(), nullable=True),
        sa.Column("introduction", sa.String(), nullable=True),
        sa.Column("offer", sa.String(), nullable=True),
        sa.Column("privacy_additions", sa.String(), nullable=True),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_type", sa.String(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name="one_practice"),
        sa.PrimaryKeyConstraint("id"),
    )
