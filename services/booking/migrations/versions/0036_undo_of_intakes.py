"""Let the cancellation of an intake that was pressed on a page be taken back for two minutes."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("intake", sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("intake", sa.Column("undo_by", sa.String(), nullable=True))
    open_ones = sa.text("undo_until IS NOT NULL")
    op.create_index("undoable_intakes", "intake", ["undo_until"], postgresql_where=open_ones)
