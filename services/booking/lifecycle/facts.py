"""Loads the facts about the progress of processes, for many in as many queries as for one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from services.booking.evaluation import round_schedule, rounds
from services.booking.lifecycle.steps import ProcessFacts, RoundFacts
from services.booking.models.evaluation import AgreedGoals, Evaluation
from services.booking.models.people import Process
from services.booking.models.sessions import Session, Summary
from services.core.database import Database
from services.events.catalogue import Phase


def load_facts_of_processes(db: Database, processes: Sequence[Process], now: datetime) -> dict[UUID, ProcessFacts]:
    ids = [process.id for process in processes]
    meetings, asked = _session_facts(db, ids, now), _rounds(db, ids)
    agreed = set(db.scalars(select(col(AgreedGoals.process_id)).where(col(AgreedGoals.process_id).in_(ids))))
    return {
        process.id: replace(
            meetings.get(process.id, ProcessFacts(process.planned_sessions)),
            planned=process.planned_sessions,
            closed=process.status == "closed",
            has_goals=process.id in agreed,
            rounds=asked[process.id],
        )
        for process in processes
    }


def load_facts(db: Database, process: Process, now: datetime) -> ProcessFacts:
    return load_facts_of_processes(db, [process], now)[process.id]


def _session_facts(db: Database, ids: Sequence[UUID], now: datetime) -> dict[UUID, ProcessFacts]:
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
    return {process_id: ProcessFacts(0, False, *known) for process_id, *known in db.execute(query)}


def _in_order(condition: Any) -> Any:
    ids = aggregate_order_by(col(Session.id), col(Session.starts_at))
    return func.coalesce(func.array_agg(ids).filter(condition), [])


def _newest_without_summary(held: Any) -> Any:
    """The session that was held last, if it has no published summary."""
    waiting = case((func.coalesce(Summary.edition, 0) == 0, col(Session.id)))
    newest_first = aggregate_order_by(waiting, col(Session.starts_at).desc())
    return func.array_agg(newest_first).filter(held)[1]


def _rounds(db: Database, ids: Sequence[UUID]) -> dict[UUID, list[RoundFacts]]:
    """The rounds of each process, oldest first."""
    query = select(Evaluation).where(col(Evaluation.process_id).in_(ids))
    found = db.scalars(query.order_by(col(Evaluation.opened_at), col(Evaluation.id))).all()
    responses = rounds.count_responses(db, [one.id for one in found])
    grouped: dict[UUID, list[RoundFacts]] = defaultdict(list)
    for one in found:
        due, is_open = round_schedule.due_day(one.due_at), one.status == "open"
        grouped[one.process_id].append(RoundFacts(one.id, Phase(one.phase), is_open, due, *responses[one.id]))
    return grouped
