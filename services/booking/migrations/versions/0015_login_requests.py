"""Write requests for a login link down, so that every address is answered alike and later."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "login_request",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("link", sa.String(), nullable=True),
        sa.CheckConstraint("email IS NULL OR answered_at IS NULL", name="answered_forgets_the_address"),
    )
    op.create_index("ix_login_request_asked_at", "login_request", ["asked_at"])
    op.create_index("requests_of_address", "login_request", ["address", "answered_at"])
    op.create_index("open_login_requests", "login_request", ["asked_at"], postgresql_where=sa.text("email IS NOT NULL"))
