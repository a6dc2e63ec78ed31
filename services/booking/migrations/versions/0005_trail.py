"""Let the audit trail say by which key something was done and whose practice it concerns."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NEVER_EMPTIED = """
    CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("via", sa.String(), server_default="", nullable=False))
    op.add_column("audit_entry", sa.Column("practice_id", sa.Uuid(), nullable=True))
    op.create_index("entries_of_practice", "audit_entry", ["practice_id", "id"], unique=False)
    op.create_index("entries_of_actor", "audit_entry", ["actor", "id"], unique=False)
    op.execute(NEVER_EMPTIED)
