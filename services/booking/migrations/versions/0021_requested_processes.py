"""Let a client's first process with a supervisor wait for that supervisor's yes, and its times be held until then."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("process", sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint("requests_await_an_answer", "process", "status <> 'requested' OR answer_by IS NOT NULL")
    op.drop_constraint("known_session_status", "session")
    op.create_check_constraint(
        "known_session_status", "session", "status IN ('requested', 'booked', 'held', 'cancelled')"
    )
