"""Keep which supervisor issued a credential to a client and why it ended, and from which browser a draft came."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ISSUED = """UPDATE credential SET issued_by = CAST(substr(entry.actor, 12) AS uuid) FROM audit_entry AS entry
            WHERE entry.action = 'credential.issued' AND entry.actor LIKE 'supervisor/%'
              AND credential.role = 'client' AND entry.subject = 'client/' || credential.party_id
              AND entry.at = credential.created_at"""
"""Of credentials from before, the audit log knows it."""
END_OF_SHARED = """UPDATE credential SET revoked_at = now(), revoked_because = 'another_supervisor'
                   WHERE revoked_at IS NULL AND EXISTS (
                     SELECT FROM process WHERE process.client_id = credential.party_id
                       AND process.supervisor_id <> credential.issued_by AND process.status <> 'requested')"""
END_OF_DEACTIVATED = """UPDATE credential SET revoked_at = now(), revoked_because = 'supervisor_deactivated'
                        WHERE revoked_at IS NULL AND EXISTS (
                          SELECT FROM supervisor WHERE supervisor.id = credential.issued_by
                            AND supervisor.deactivated_at IS NOT NULL)"""


def upgrade() -> None:
    op.add_column("credential", sa.Column("issued_by", sa.Uuid(), nullable=True))
    op.add_column("credential", sa.Column("revoked_because", sa.String(), nullable=True))
    op.create_foreign_key(None, "credential", "supervisor", ["issued_by"], ["id"])
    op.create_index(op.f("ix_credential_issued_by"), "credential", ["issued_by"])
    for statement in (ISSUED, END_OF_SHARED, END_OF_DEACTIVATED):
        op.execute(statement)
    op.add_column("invitation", sa.Column("drafted_on", sa.String(), nullable=True))
    op.execute("UPDATE invitation SET drafted_on = written_on, written_on = NULL WHERE draft IS NOT NULL")
