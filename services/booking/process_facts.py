"""What is known of how far processes have come, asked for many of them in as many queries as for one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from services.booking import evaluation, rounds
from services.booking.evaluation_models import AgreedGoals, Evaluation, Summary
from services.booking.models import Process, Session
from services.booking.process_steps import Facts, Round
from services.database import Database
from services.events.catalogue import Phase


def of_processes(db: Database, processes: Sequence[Process], now: datetime) -> dict[UUID, Facts]:
    ids = [process.id for process in processes]
    meetings, asked, agreed = _meetings(db, ids, now), _rounds(db, ids), _agreed(db, ids)
    return {
        process.id: replace(
            meetings.get(process.id, Facts(process.planned_sessions)),
            planned=process.planned_sessions,
            closed=process.status == "closed",
            has_goals=process.id in agreed,
            rounds=asked[process.id],
        )
        for process in processes
    }


def of_process(db: Database, process: Process, now: datetime) -> Facts:
    return of_processes(db, [process], now)[process.id]


def _meetings(db: Database, ids: Sequence[UUID], now: datetime) -> dict[UUID, Facts]:
    booked, held = col(Session.status) == "booked", col(Session.status) == "held"
    ahead, over = and_(booked, col(Session.starts_at) > now), and_(booked, col(Session.ends_at) <= now)
    query = (
        select(
            col(Session.process_id),
            func.count().filter(held),
            func.count().filter(ahead),
            func.min(col(Session.starts_at)).filter(ahead),
            _in_order(over),
            _newest_without_summary(held),
        )
        .outerjoin(Summary, col(Summary.session_id) == Session.id)
        .where(col(Session.process_id).in_(ids))
        .group_by(col(Session.process_id))
    )
    return {process_id: Facts(0, False, *known) for process_id, *known in db.execute(query)}


def _in_order(condition: Any) -> Any:
    ids = aggregate_order_by(col(Session.id), col(Session.starts_at))
    return func.coalesce(func.array_agg(ids).filter(condition), [])


def _newest_without_summary(held: Any) -> Any:
    """The meeting that was held last, while its participants have no summary of it to read."""
    waiting = case((func.coalesce(Summary.edition, 0) == 0, col(Session.id)))
    newest_first = aggregate_order_by(waiting, col(Session.starts_at).desc())
    return func.array_agg(newest_first).filter(held)[1]


def _rounds(db: Database, ids: Sequence[UUID]) -> dict[UUID, list[Round]]:
    """The rounds of each process, oldest first."""
    found = db.scalars(
        select(Evaluation)
        .where(col(Evaluation.process_id).in_(ids))
        .order_by(col(Evaluation.opened_at), col(Evaluation.id))
    ).all()
    responses = evaluation.responses(db, [one.id for one in found])
    grouped: dict[UUID, list[Round]] = defaultdict(list)
    for one in found:
        due, is_open = rounds.last_day(one.due_at), one.status == "open"
        grouped[one.process_id].append(Round(one.id, Phase(one.phase), is_open, due, *responses[one.id]))
    return grouped


def _agreed(db: Database, ids: Sequence[UUID]) -> set[UUID]:
    return set(db.scalars(select(col(AgreedGoals.process_id)).where(col(AgreedGoals.process_id).in_(ids))))
