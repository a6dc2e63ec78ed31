"""Let every supervisor have a page of their own, at an address made of their name."""

import sqlalchemy as sa
from alembic import op

from services.booking.presence.slugs import slug_of_name, variants

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_page",
        sa.Column("supervisor_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("introduction", sa.String(), nullable=True),
        sa.Column("photo", sa.LargeBinary(), nullable=True),
        sa.Column("photo_path", sa.String(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["supervisor_id"], ["supervisor.id"]),
        sa.PrimaryKeyConstraint("supervisor_id"),
    )
    op.create_index(op.f("ix_public_page_photo_path"), "public_page", ["photo_path"])
    slugs = op.create_table(
        "slug",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("supervisor_id", sa.Uuid(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["supervisor_id"], ["supervisor.id"]),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index(op.f("ix_slug_supervisor_id"), "slug", ["supervisor_id"])
    taken = set[str]()
    for one in op.get_bind().execute(sa.text("SELECT id, name, created_at FROM supervisor ORDER BY id")).all():
        slug = next(free for free in variants(slug_of_name(one.name)) if free not in taken)
        taken.add(slug)
        op.execute(slugs.insert().values(slug=slug, supervisor_id=one.id, chosen_at=one.created_at))
