"""What reporting forgets by itself, and when; how long each kind is kept is the operator's to say."""

from datetime import datetime, timedelta

from sqlalchemy import text

from services.clock import months_before
from services.database import Database
from services.settings import ServiceSettings

FIGURES_KEPT_FOR = timedelta(days=2 * 365)
"""Much longer than two groups are taken for one (`disclosure.SAME_OCCASION`)."""

ENDED = "process_id IN (SELECT process_id FROM process WHERE closed_at < :before)"


def prune(db: Database, settings: ServiceSettings, now: datetime) -> None:
    """Actions go with the notes, all that was answered with the answers. What clients were given stays."""
    _forget_actions(db, months_before(now, settings.notes_kept_months))
    _forget_answers(db, months_before(now, settings.answers_kept_months))
    db.execute(
        text("""DELETE FROM released_figure USING report
                WHERE report_id = report.id AND report.released_at < :before"""),
        {"before": now - FIGURES_KEPT_FOR},
    )
    db.execute(text("DELETE FROM link WHERE expires_at < :now"), {"now": now})


def _forget_actions(db: Database, before: datetime) -> None:
    db.execute(text(f"DELETE FROM summary WHERE {ENDED}"), {"before": before})  # noqa: S608


def _forget_answers(db: Database, before: datetime) -> None:
    """And the reports of the process that no client was given; that they were made is remembered."""
    db.execute(text(f"DELETE FROM answer WHERE {ENDED}"), {"before": before})  # noqa: S608
    db.execute(
        text(f"DELETE FROM review WHERE report_id IN (SELECT id FROM report WHERE {ENDED})"),  # noqa: S608
        {"before": before},
    )
    told = text(f"""
        UPDATE report SET status = 'skipped', document = NULL, pdf = NULL, words = '{{}}'
        WHERE status = 'compiled' AND ({ENDED} OR kind = 'overview_report' AND last < :before)
    """)  # noqa: S608
    db.execute(told, {"before": before})
