"""What reporting forgets by itself and notes in the trail; how long each kind is kept is the operator's to say."""

from datetime import datetime, timedelta

from sqlalchemy import text

from services.clock import months_before
from services.database import Database
from services.reporting import audit
from services.settings import ServiceSettings

FIGURES_KEPT_FOR = timedelta(days=2 * 365)
"""Much longer than two groups are taken for one (`disclosure.SAME_OCCASION`)."""

ACTOR = "retention"

ENDED = "process_id IN (SELECT process_id FROM process WHERE closed_at < :before)"


def prune(db: Database, settings: ServiceSettings, now: datetime) -> None:
    """Actions go with the notes, all that was answered with the answers. What clients were given stays."""
    _forget_actions(db, months_before(now, settings.notes_kept_months), now)
    _forget_answers(db, months_before(now, settings.answers_kept_months), now)
    figures = """DELETE FROM released_figure USING report
                 WHERE report_id = report.id AND report.released_at < :before RETURNING report_id"""
    _forget(db, figures, now - FIGURES_KEPT_FOR, "report", "figure.forgotten", now)
    db.execute(text("DELETE FROM link WHERE expires_at < :now"), {"now": now})


def _forget_actions(db: Database, before: datetime, now: datetime) -> None:
    actions = f"DELETE FROM summary WHERE {ENDED} RETURNING process_id"  # noqa: S608
    _forget(db, actions, before, "process", "action.forgotten", now)


def _forget_answers(db: Database, before: datetime, now: datetime) -> None:
    """And the reports of the process that no client was given; that they were made is remembered."""
    answers = f"DELETE FROM answer WHERE {ENDED} RETURNING process_id"  # noqa: S608
    _forget(db, answers, before, "process", "answer.forgotten", now)
    reviews = f"""DELETE FROM review WHERE report_id IN (SELECT id FROM report WHERE {ENDED})
                  RETURNING report_id"""  # noqa: S608
    _forget(db, reviews, before, "report", "review.forgotten", now)
    reports = f"""
        UPDATE report SET status = 'skipped', document = NULL, pdf = NULL, words = '{{}}'
        WHERE status = 'compiled' AND ({ENDED} OR kind = 'overview_report' AND last < :before) RETURNING id
    """  # noqa: S608
    _forget(db, reports, before, "report", "report.forgotten", now)


def _forget(db: Database, statement: str, before: datetime, kind: str, action: str, now: datetime) -> None:
    """Each process or report of which something went is noted once."""
    for id_ in sorted(set(db.execute(text(statement), {"before": before}).scalars())):
        audit.note_of(db, now, ACTOR, action, f"{kind}/{id_}")
