"""Let the audit trail say by which key something was done and whose practice it concerns, and let nobody change it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

REFUSE_CHANGE = """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'what was done stays written' USING ERRCODE = 'restrict_violation';
    END $$
"""

APPEND_ONLY = """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""

NEVER_EMPTIED = """
    CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("via", sa.String(), server_default="", nullable=False))
    op.add_column("audit_entry", sa.Column("practice_id", sa.Uuid(), nullable=True))
    op.create_index("entries_of_practice", "audit_entry", ["practice_id", "id"], unique=False)
    op.create_index("entries_of_actor", "audit_entry", ["actor", "id"], unique=False)
    op.create_index(op.f("ix_audit_entry_subject"), "audit_entry", ["subject"], unique=False)
    op.execute(REFUSE_CHANGE)
    op.execute(APPEND_ONLY)
    op.execute(NEVER_EMPTIED)
