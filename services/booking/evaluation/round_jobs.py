"""Rounds that open and close automatically: with the goals, with held sessions, and by the calendar."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, Select, and_, exists, or_, select, text
from sqlmodel import col

from services.booking.evaluation import goals, round_schedule, rounds
from services.booking.evaluation.round_schedule import PastRound, ProcessProgress
from services.booking.models.evaluation import Answer, Evaluation
from services.booking.models.people import Process
from services.booking.supervision import processes
from services.core import clock
from services.core.database import Database, transaction
from services.events.catalogue import Phase

ALMOST_SIX_MONTHS = timedelta(days=180)


def open_due_round(db: Database, link_key: str, process: Process, now: datetime) -> Evaluation | None:
    """Open the round that is due in the process, if any. The caller holds the lock on the process's row."""
    phase = round_schedule.due_phase(load_progress(db, process), now)
    if phase is None or not processes.list_active_participants(db, process.id):
        return None
    due_at = round_schedule.end_of_due_day(round_schedule.default_due_day(now))
    return rounds.open_round(db, link_key, process, phase, due_at, now)


def load_progress(db: Database, process: Process) -> ProcessProgress:
    return ProcessProgress(
        planned=process.planned_sessions,
        held=rounds.count_held_sessions(db, process.id),
        closed=process.status == "closed",
        has_goals=goals.load_goals(db, process.id).agreed is not None,
        chose_benefits=bool(process.benefits),
        rounds=[_past_round(one) for one in rounds.list_rounds_of_process(db, process.id)],
    )


def _past_round(one: Evaluation) -> PastRound:
    return PastRound(Phase(one.phase), one.opened_at, one.held_sessions, one.planned_sessions, one.status == "open")


LONG_UNASKED_QUERY = text("""
    SELECT process.id FROM process
    JOIN LATERAL (
        SELECT opened_at, held_sessions FROM evaluation WHERE process_id = process.id ORDER BY opened_at DESC LIMIT 1
    ) newest ON newest.opened_at < :opened_before
    WHERE process.status = 'active'
      AND NOT EXISTS (SELECT 1 FROM evaluation WHERE process_id = process.id AND status = 'open')
      AND newest.held_sessions <
          (SELECT count(*) FROM session WHERE process_id = process.id AND session.status = 'held')
""")


def open_rounds_by_calendar(engine: Engine, link_key: str) -> bool:
    """Open a round in every process with held sessions since its last round six months ago."""
    with transaction(engine) as db:
        long_unasked = db.scalars(LONG_UNASKED_QUERY, {"opened_before": clock.now(db) - ALMOST_SIX_MONTHS}).all()
    for process_id in long_unasked:
        with transaction(engine) as db:
            process = db.get_one(Process, process_id, with_for_update=True)
            open_due_round(db, link_key, process, clock.now(db))
    return False


def close_next_round(engine: Engine) -> bool:
    """Close one round that is past its due date or fully answered; returns whether there was one."""
    with transaction(engine) as db:
        now = clock.now(db)
        found = db.scalars(_next_round_to_close(now)).one_or_none()
        if found:
            rounds.end_round(db, found, now)
        return found is not None


def _next_round_to_close(now: datetime) -> Select[Evaluation]:
    answered = exists().where(col(Answer.evaluation_id) == col(Evaluation.id))
    waits = exists(rounds.unanswered_invitations(col(Evaluation.id)))
    over = or_(col(Evaluation.due_at) < now, and_(answered, ~waits))
    query = select(Evaluation).where(col(Evaluation.status) == "open", over)
    return query.order_by(col(Evaluation.due_at)).limit(1).with_for_update(of=Evaluation, skip_locked=True)
