"""Let supervisors and the admin log in by passkeys, and see in which browsers they are logged in."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("credential_id", sa.String(), nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("admin_address", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        moment("created_at"),
        moment("used_at", nullable=True),
    )
    op.create_table(
        "passkey_challenge",
        sa.Column("browser", sa.String(), primary_key=True),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        moment("expires_at"),
    )
    op.create_index("ix_passkey_challenge_expires_at", "passkey_challenge", ["expires_at"])
    for column in (
        sa.Column("admin_address", sa.String()),
        sa.Column("browser", sa.String()),
        moment("seen_at", nullable=True),
    ):
        op.add_column("browser_session", column)
