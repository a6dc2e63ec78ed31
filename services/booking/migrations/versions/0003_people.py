"""Know who takes part in several processes, without knowing who that is."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SAME_ADDRESS_SAME_PERSON = """
    UPDATE participant SET person_id = CASE WHEN email = '' THEN id ELSE (
        SELECT min(other.id::text)::uuid FROM participant other WHERE lower(other.email) = lower(participant.email)
    ) END
"""


def upgrade() -> None:
    op.create_index("participants_by_address", "participant", [sa.text("lower(email)")])
    op.add_column("participant", sa.Column("person_id", sa.Uuid(), nullable=True))
    op.execute(SAME_ADDRESS_SAME_PERSON)
    op.alter_column("participant", "person_id", nullable=False)
