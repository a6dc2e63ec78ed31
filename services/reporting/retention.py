"""What reporting forgets by itself, and when."""

from datetime import datetime, timedelta

from sqlalchemy import text

from services.database import Database

ANSWERS_KEPT_FOR = timedelta(days=365)
"""From the end of the process; what reports have told of them stays."""

FIGURES_KEPT_FOR = timedelta(days=2 * 365)
"""Much longer than two groups are taken for one (`disclosure.SAME_OCCASION`)."""


def prune(db: Database, now: datetime) -> None:
    db.execute(
        text("""DELETE FROM answer USING process
                WHERE answer.process_id = process.process_id AND process.closed_at < :before"""),
        {"before": now - ANSWERS_KEPT_FOR},
    )
    db.execute(
        text("""DELETE FROM released_figure USING report
                WHERE report_id = report.id AND report.released_at < :before"""),
        {"before": now - FIGURES_KEPT_FOR},
    )
    db.execute(text("DELETE FROM link WHERE expires_at < :now"), {"now": now})
