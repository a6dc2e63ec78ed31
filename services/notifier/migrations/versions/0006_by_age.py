"""Find what has been kept long enough, and the letter that is latest, by their age, without reading all there are."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, table, column, where in (
        ("planned_letters", "letter", "due_at", "status = 'planned'"),
        ("letters_with_text", "letter", "created_at", "message IS NOT NULL"),
        ("summaries_with_text", "summary", "published_at", "content IS NOT NULL"),
        ("summaries_by_time", "summary", "published_at", None),
        ("reports_with_pages", "report", "compiled_at", "pdf IS NOT NULL OR html <> ''"),
        ("sessions_by_time", "session", "starts_at", None),
    ):
        condition = sa.text(where) if where else None
        op.create_index(name, table, [column], postgresql_where=condition, if_not_exists=True)
