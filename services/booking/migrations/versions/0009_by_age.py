"""Find what has been kept long enough without reading every meeting, everybody who ever was and every link."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, table, where in (
        ("sessions_with_reason", "session", "cancel_reason IS NOT NULL"),
        ("people_with_names", "participant", "erased_at IS NULL"),
    ):
        op.create_index(name, table, ["process_id"], postgresql_where=sa.text(where), if_not_exists=True)
    op.create_index("ix_link_expires_at", "link", ["expires_at"], if_not_exists=True)
