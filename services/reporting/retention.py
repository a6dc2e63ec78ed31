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

AT_ONCE = 500
ENDED = "process_id IN (SELECT process_id FROM process WHERE closed_at < :before)"


def prune(db: Database, settings: ServiceSettings, now: datetime) -> bool:
    """Actions go with the notes, all that was answered with the answers. What clients were given stays.

    A few of each kind go in one turn; says whether more may wait.
    """
    notes_before, answers_before = (
        months_before(now, months) for months in (settings.notes_kept_months, settings.answers_kept_months)
    )
    found = [
        _forget(db, ACTIONS, notes_before, "process", "action.forgotten", now),
        _forget(db, ANSWERS, answers_before, "process", "answer.forgotten", now),
        _forget(db, REVIEWS, answers_before, "report", "review.forgotten", now),
        _forget(db, REPORTS, answers_before, "report", "report.forgotten", now),
        _forget(db, FIGURES, now - FIGURES_KEPT_FOR, "report", "figure.forgotten", now),
    ]
    db.execute(text("DELETE FROM link WHERE expires_at < :now"), {"now": now})
    return AT_ONCE in found


ACTIONS = f"""
    DELETE FROM summary WHERE summary_id IN (SELECT summary_id FROM summary WHERE {ENDED} LIMIT :most)
    RETURNING process_id
"""  # noqa: S608
ANSWERS = f"""
    DELETE FROM answer WHERE answer_id IN (SELECT answer_id FROM answer WHERE {ENDED} LIMIT :most)
    RETURNING process_id
"""  # noqa: S608
REVIEWS = f"""
    DELETE FROM review WHERE (report_id, participant_id) IN (
        SELECT report_id, participant_id FROM review JOIN report ON report.id = report_id WHERE {ENDED} LIMIT :most)
    RETURNING report_id
"""  # noqa: S608
REPORTS = f"""
    UPDATE report SET status = 'skipped', document = NULL, pdf = NULL, words = '{{}}'
    WHERE id IN (
        SELECT id FROM report
        WHERE status = 'compiled' AND ({ENDED} OR kind = 'overview_report' AND last < :before) LIMIT :most)
    RETURNING id
"""  # noqa: S608
"""The reports of the process that no client was given; that they were made is remembered."""
FIGURES = """
    DELETE FROM released_figure WHERE id IN (
        SELECT released_figure.id FROM released_figure JOIN report ON report.id = report_id
        WHERE report.released_at < :before LIMIT :most)
    RETURNING report_id
"""


def _forget(db: Database, statement: str, before: datetime, kind: str, action: str, now: datetime) -> int:
    """Each process or report of which something went is noted once a turn."""
    ids = db.execute(text(statement), {"before": before, "most": AT_ONCE}).scalars().all()
    for id_ in sorted(set(ids)):
        audit.note_of(db, now, ACTOR, action, f"{kind}/{id_}")
    return len(ids)
