"""Let letters be counted for /metrics without reading all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    unsettled = sa.text("status IN ('planned', 'sending', 'failed', 'uncertain')")
    op.create_index("unsettled_letters", "letter", ["kind", "status"], postgresql_where=unsettled, if_not_exists=True)
    sent = sa.text("sent_at IS NOT NULL")
    op.create_index("sent_letters", "letter", ["sent_at", "kind"], postgresql_where=sent, if_not_exists=True)
