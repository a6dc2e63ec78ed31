"""Links belong to an address, not to a person: whose address changes gets others. Devices are confirmed by a code.

Who has answered something, or read something by a link, counts as having used a link: their client can't correct their
address any more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

HAS_USED_A_LINK = """
    UPDATE participant SET used_at = joined_at WHERE
        EXISTS (SELECT FROM answer WHERE answer.participant_id = participant.id)
        OR EXISTS (SELECT FROM invitation WHERE invitation.participant_id = participant.id AND draft IS NOT NULL)
        OR EXISTS (SELECT FROM feedback WHERE feedback.participant_id = participant.id AND answered_at IS NOT NULL)
        OR EXISTS (SELECT FROM audit_entry WHERE actor = 'participant/' || participant.id)
"""


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    for table in ("participant", "supervisor", "client"):
        op.add_column(table, sa.Column("stated_email", sa.String(), nullable=True))
    op.add_column("participant", sa.Column("address_id", sa.Uuid(), nullable=True))
    op.add_column("participant", moment("used_at", nullable=True))
    op.add_column("invitation", sa.Column("written_on", sa.String(), nullable=True))
    op.add_column("feedback", sa.Column("written_on", sa.String(), nullable=True))
    op.execute(HAS_USED_A_LINK)
    op.create_table(
        "device",
        sa.Column("digest", sa.String(), primary_key=True),
        sa.Column("participant_id", sa.Uuid(), sa.ForeignKey("participant.id"), primary_key=True, index=True),
        moment("confirmed_at"),
        moment("expires_at"),
    )
    op.create_table(
        "device_code",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("participant_id", sa.Uuid(), sa.ForeignKey("participant.id"), nullable=False, index=True),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        moment("sent_at"),
        moment("expires_at"),
    )
    for table in ("device", "device_code"):
        op.create_index(f"ix_{table}_expires_at", table, ["expires_at"])
