"""Rounds that open and end by themselves: with the goals, with meetings that were held, and by the calendar."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, Select, and_, exists, or_, select, text
from sqlmodel import col

from services import clock
from services.booking import evaluation, goals, rounds, supervision
from services.booking.evaluation_models import Answer, Evaluation
from services.booking.models import Process
from services.booking.rounds import Course, Past
from services.database import Database, transaction
from services.events.catalogue import Phase

ALMOST_SIX_MONTHS = timedelta(days=180)


def open_what_is_due(db: Database, link_key: str, process: Process, now: datetime) -> Evaluation | None:
    """Open the round that the process has come to, if any. The caller holds the lock on the process's row."""
    phase = rounds.due_phase(course(db, process), now)
    if phase is None or not supervision.active(db, process.id):
        return None
    return evaluation.open_round(db, link_key, process, phase, rounds.end_of(rounds.usual_due(now)), now)


def course(db: Database, process: Process) -> Course:
    return Course(
        planned=process.planned_sessions,
        held=evaluation.held_sessions(db, process.id),
        closed=process.status == "closed",
        has_goals=goals.standing(db, process.id).agreed is not None,
        chose_benefits=bool(process.benefits),
        rounds=[_past(one) for one in evaluation.of_process(db, process.id)],
    )


def _past(one: Evaluation) -> Past:
    return Past(Phase(one.phase), one.opened_at, one.held_sessions, one.planned_sessions, is_open=one.status == "open")


# -- by the calendar --------------------------------------------------------------------------------------

LONG_UNASKED = text("""
    SELECT process.id FROM process
    JOIN LATERAL (
        SELECT opened_at, held_sessions FROM evaluation WHERE process_id = process.id ORDER BY opened_at DESC LIMIT 1
    ) newest ON newest.opened_at < :opened_before
    WHERE process.status = 'active'
      AND NOT EXISTS (SELECT 1 FROM evaluation WHERE process_id = process.id AND status = 'open')
      AND newest.held_sessions <
          (SELECT count(*) FROM session WHERE process_id = process.id AND session.status = 'held')
""")


def open_by_calendar(engine: Engine, link_key: str) -> bool:
    """Ask in every process whose people have met since they were asked six months ago."""
    with transaction(engine) as db:
        long_unasked = db.scalars(LONG_UNASKED, {"opened_before": clock.now(db) - ALMOST_SIX_MONTHS}).all()
    for process_id in long_unasked:
        with transaction(engine) as db:
            process = db.get_one(Process, process_id, with_for_update=True)
            open_what_is_due(db, link_key, process, clock.now(db))
    return False


def close_next(engine: Engine) -> bool:
    """End one round whose time is over or that waits for nobody, and say whether there was one."""
    with transaction(engine) as db:
        now = clock.now(db)
        found = db.scalars(_over(now)).one_or_none()
        if found:
            evaluation.close(db, found, now)
        return found is not None


def _over(now: datetime) -> Select[Evaluation]:
    answered = exists().where(col(Answer.evaluation_id) == col(Evaluation.id))
    waits = exists(evaluation.unanswered(col(Evaluation.id)))
    over = or_(col(Evaluation.due_at) < now, and_(answered, ~waits))
    query = select(Evaluation).where(col(Evaluation.status) == "open", over)
    return query.order_by(col(Evaluation.due_at)).limit(1).with_for_update(of=Evaluation, skip_locked=True)
