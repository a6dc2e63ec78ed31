"""What reporting deletes: a participant who asks for it, at once; all else after as long as the operator sets.

What goes by itself is noted in the audit log.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.core.clock import months_before
from services.core.database import Database
from services.core.settings import ServiceSettings
from services.events.outbox import forget_subject
from services.reporting import audit
from services.reporting.disclosure import released_figures
from services.reporting.models import Answer, ErasedParticipant, Link, Report, ReportStatus, Review, Summary

FIGURES_KEPT_FOR = timedelta(days=2 * 365)
"""Much longer than two groups are taken for one (`disclosure.SAME_OCCASION`)."""

ACTOR = "retention"

BATCH_SIZE = 500
OF_ENDED_PROCESSES = "process_id IN (SELECT process_id FROM process WHERE closed_at < :before)"


def prune_reporting(db: Database, settings: ServiceSettings, now: datetime) -> bool:
    """Actions go with the notes, all that was answered with the answers. What clients were given stays.

    A few of each kind go in one turn; says whether more may wait.
    """
    notes_before = months_before(now, settings.notes_kept_months)
    answers_before = months_before(now, settings.answers_kept_months)
    found = [
        _apply_rule(db, FORGET_ACTIONS, notes_before, "process", "action.forgotten", now),
        _apply_rule(db, FORGET_ANSWERS, answers_before, "process", "answer.forgotten", now),
        _apply_rule(db, FORGET_REVIEWS, answers_before, "report", "review.forgotten", now),
        _apply_rule(db, FORGET_REPORTS, answers_before, "report", "report.forgotten", now),
        _apply_rule(db, FORGET_FIGURES, now - FIGURES_KEPT_FOR, "report", "figure.forgotten", now),
    ]
    db.execute(text("DELETE FROM link WHERE expires_at < :now"), {"now": now})
    return BATCH_SIZE in found


FORGET_ACTIONS = f"""
    DELETE FROM summary WHERE summary_id IN (SELECT summary_id FROM summary WHERE {OF_ENDED_PROCESSES} LIMIT :most)
    RETURNING process_id
"""  # noqa: S608
FORGET_ANSWERS = f"""
    DELETE FROM answer WHERE answer_id IN (SELECT answer_id FROM answer WHERE {OF_ENDED_PROCESSES} LIMIT :most)
    RETURNING process_id
"""  # noqa: S608
FORGET_REVIEWS = f"""
    DELETE FROM review WHERE (report_id, participant_id) IN (
        SELECT report_id, participant_id FROM review JOIN report ON report.id = report_id
        WHERE {OF_ENDED_PROCESSES} LIMIT :most)
    RETURNING report_id
"""  # noqa: S608
FORGET_REPORTS = f"""
    UPDATE report SET status = 'skipped', document = NULL, pdf = NULL, words = '{{}}'
    WHERE id IN (
        SELECT id FROM report
        WHERE status = 'compiled' AND ({OF_ENDED_PROCESSES} OR kind = 'overview_report' AND last < :before) LIMIT :most)
    RETURNING id
"""  # noqa: S608
"""The reports of the process that no client was given; that they were made is remembered."""
FORGET_FIGURES = """
    DELETE FROM released_figure WHERE id IN (
        SELECT released_figure.id FROM released_figure JOIN report ON report.id = report_id
        WHERE report.released_at < :before LIMIT :most)
    RETURNING report_id
"""


def _apply_rule(db: Database, statement: str, before: datetime, kind: str, action: str, now: datetime) -> int:
    """Each process or report of which something went is noted once a turn."""
    ids = db.execute(text(statement), {"before": before, "most": BATCH_SIZE}).scalars().all()
    for id_ in sorted(set(ids)):
        audit.note(db, now, action, f"{kind}/{id_}", ACTOR)
    return len(ids)


def is_erased(db: Database, participant_id: UUID) -> bool:
    return db.get(ErasedParticipant, participant_id) is not None


def erase_participant(db: Database, process_id: UUID, participant_id: UUID, *, alone: bool) -> None:
    """Delete a participant's answers, reviews and links, also those still to arrive. Released figures stay."""
    db.execute(insert(ErasedParticipant).values(participant_id=participant_id).on_conflict_do_nothing())
    theirs = select(Answer).where(col(Answer.participant_id) == participant_id)
    for person in {str(participant_id), *(answer.person for answer in db.scalars(theirs) if answer.person)}:
        released_figures.forget_person_in_figures(db, process_id, person)
    for table in (Answer, Review, Link):
        db.execute(delete(table).where(col(table.participant_id) == participant_id))
    if alone:
        _forget_process_of_one(db, process_id)


def _forget_process_of_one(db: Database, process_id: UUID) -> None:
    """What was agreed with somebody who was alone in a process, and what was reported of it to nobody but the
    supervisor, is theirs."""
    db.execute(delete(Summary).where(col(Summary.process_id) == process_id))
    theirs = (col(Report.process_id) == process_id, col(Report.status) == ReportStatus.compiled)
    emptied = update(Report).where(*theirs).values(status=ReportStatus.skipped, document=None, pdf=None, words=[])
    for report_id in db.scalars(emptied.returning(col(Report.id))):
        forget_subject(db, f"report/{report_id}")
