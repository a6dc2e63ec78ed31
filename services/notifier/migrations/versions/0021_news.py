"""Tell supervisors at once, or gathered each hour, of what others did."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KINDS = ("booked", "moved", "cancelled", "not_coming", "first_talk", "all_answered", "refused")
TELLINGS = ("at_once", "hourly", "never")


def upgrade() -> None:
    op.create_table(
        "news",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("supervisor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, name="newskind", native_enum=False, length=20), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "about_id", "person_id", "version", name="told_once"),
    )
    op.create_index(op.f("ix_news_told_at"), "news", ["told_at"])
    op.create_index("news_of_letter", "news", ["supervisor_id", "told_at"])
    op.create_table(
        "news_choice",
        sa.Column("supervisor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, name="newskind", native_enum=False, length=20), nullable=False),
        sa.Column("telling", sa.Enum(*TELLINGS, name="telling", native_enum=False, length=20), nullable=False),
        sa.PrimaryKeyConstraint("supervisor_id", "kind"),
    )
