"""The supervisor's day: what they hear in the morning of meetings, of changes since the last working day, of open work.

An agenda is written once for each day with a meeting, and on working days also when there is something else to say.
On other days nothing is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.database import Database
from services.events.catalogue import Actor
from services.notifier import filing, state
from services.notifier.contexts import (
    AgendaChange,
    AgendaItem,
    AwaitedAnswers,
    Change,
    LetterKind,
    Meeting,
    MissingSummary,
)
from services.notifier.models import (
    AgendaDay,
    Answer,
    Evaluation,
    Intake,
    Process,
    Session,
    Summary,
    Supervisor,
    time_and_place,
)
from services.notifier.wishes import NIGHT_ENDS, WantedLetter
from services.workdays import at_wall_clock, is_working_day, local, previous_working_day

LAST_CALL = time(12)
"""Who hears of the day's programme after noon has lived through most of it."""
SUMMARIES_AWAITED = timedelta(days=14)


@dataclass(frozen=True)
class Day:
    """What there is to say about one day of one supervisor."""

    day: date
    items: tuple[AgendaItem, ...] = ()
    changes: tuple[AgendaChange, ...] = ()
    missing_summaries: tuple[MissingSummary, ...] = ()
    awaited_answers: tuple[AwaitedAnswers, ...] = ()
    next_session: Meeting | None = None

    @property
    def is_worth_a_letter(self) -> bool:
        other = self.changes or self.missing_summaries or self.awaited_answers
        return bool(self.items or (other and is_working_day(self.day)))


def write_agendas(db: Database, now: datetime) -> None:
    """Write the agendas of today, once, between eight and noon: later they are of no use."""
    today = local(now).date()
    due_at, not_after = at_wall_clock(today, NIGHT_ENDS), at_wall_clock(today, LAST_CALL)
    if not due_at <= now < not_after or not state.keep(db, AgendaDay(day=today)):
        return
    for supervisor_id in db.scalars(select(col(Supervisor.supervisor_id)).where(col(Supervisor.active))).all():
        if gather(db, supervisor_id, today, now).is_worth_a_letter:
            letter = WantedLetter(LetterKind.daily_agenda, supervisor_id, due_at, supervisor_id, due_at, not_after)
            filing.write(db, [letter], now, {"supervisor_id": supervisor_id})


def leave_out(db: Database, lost_at: datetime) -> None:
    """Write no agenda for the day on which a database was lost, if it may have been written there."""
    day = local(lost_at).date()
    if lost_at >= at_wall_clock(day, NIGHT_ENDS):
        state.keep(db, AgendaDay(day=day))


def gather(db: Database, supervisor_id: UUID, day: date, now: datetime) -> Day:
    begins, ends = at_wall_clock(day, time(0)), at_wall_clock(day + timedelta(days=1), time(0))
    since = at_wall_clock(previous_working_day(day), NIGHT_ENDS)
    own = col(Session.supervisor_id) == supervisor_id
    processes = _processes(db, supervisor_id)
    today = db.scalars(_newest(own, col(Session.status) != "cancelled", *_between(Session.starts_at, begins, ends)))
    after = db.scalars(_newest(own, col(Session.status) == "booked", col(Session.starts_at) >= ends).limit(1)).first()
    return Day(
        day,
        items=_programme([row for row in today if row.process_id in processes], processes)
        + tuple(_talk(row) for row in _talks(db, supervisor_id, begins, ends)),
        changes=tuple(
            AgendaChange(process_code=processes[row.process_id].code, change=_change(row), starts_at=row.starts_at)
            for row in db.scalars(_newest(own, *_news(since, now)))
            if row.process_id in processes
        ),
        missing_summaries=_missing_summaries(db, own, processes, now),
        awaited_answers=_awaited_answers(db, processes, now),
        next_session=_meeting(after) if after else None,
    )


Processes = Mapping[UUID, Process]


def _processes(db: Database, supervisor_id: UUID) -> Processes:
    own = select(Process).where(col(Process.supervisor_id) == supervisor_id)
    return {process.process_id: process for process in db.scalars(own)}


def _newest(*conditions: ColumnElement[bool]) -> Select[Session]:
    """Meetings whose newest version meets the conditions, the earliest first."""
    later = aliased(Session)
    is_old = exists().where(col(later.session_id) == col(Session.session_id), col(later.version) > col(Session.version))
    return select(Session).where(*conditions, ~is_old).order_by(col(Session.starts_at))


def _between(column: Any, begins: datetime, ends: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(column) >= begins, col(column) < ends


def _news(since: datetime, now: datetime) -> list[ColumnElement[bool]]:
    """What others did to meetings that are still to come."""
    return [
        col(Session.status).in_(("booked", "cancelled")),
        col(Session.changed_at) > since,
        col(Session.changed_by) != Actor.supervisor,
        col(Session.starts_at) > now,
    ]


def _change(row: Session) -> Change:
    if row.status == "cancelled":
        return Change.cancelled
    return Change.booked if row.version == 1 else Change.moved


def _programme(rows: Sequence[Session], processes: Processes) -> tuple[AgendaItem, ...]:
    return tuple(
        AgendaItem(
            **time_and_place(row),
            process_code=processes[row.process_id].code,
            form=processes[row.process_id].form,
            number=row.number,
            total=processes[row.process_id].planned_sessions,
        )
        for row in rows
    )


def _talks(db: Database, supervisor_id: UUID, begins: datetime, ends: datetime) -> Sequence[Intake]:
    later = aliased(Intake)
    is_old = exists().where(col(later.intake_id) == col(Intake.intake_id), col(later.version) > col(Intake.version))
    own = select(Intake).where(col(Intake.supervisor_id) == supervisor_id, col(Intake.status) == "confirmed", ~is_old)
    return db.scalars(own.where(*_between(Intake.starts_at, begins, ends))).all()


def _talk(row: Intake) -> AgendaItem:
    return AgendaItem(**time_and_place(row))


def _meeting(row: Session) -> Meeting:
    return Meeting(**time_and_place(row))


def _missing_summaries(
    db: Database, own: ColumnElement[bool], processes: Processes, now: datetime
) -> tuple[MissingSummary, ...]:
    has_summary = exists().where(col(Summary.session_id) == col(Session.session_id))
    recent = _between(Session.ends_at, now - SUMMARIES_AWAITED, now)
    held = db.scalars(_newest(own, col(Session.status) == "held", ~has_summary, *recent))
    return tuple(
        MissingSummary(process_code=processes[row.process_id].code, day=local(row.starts_at).date())
        for row in held
        if row.process_id in processes
    )


def _awaited_answers(db: Database, processes: Processes, now: datetime) -> tuple[AwaitedAnswers, ...]:
    answers = select(func.count()).where(col(Answer.evaluation_id) == col(Evaluation.evaluation_id)).scalar_subquery()
    open_rounds = select(Evaluation, answers).where(
        col(Evaluation.process_id).in_(processes), col(Evaluation.status) == "open", col(Evaluation.due_at) > now
    )
    return tuple(
        AwaitedAnswers(
            process_code=processes[row.process_id].code, phase=row.phase, answered=answered, invited=len(row.invited)
        )
        for row, answered in db.execute(open_rounds.order_by(col(Evaluation.due_at)))
        if answered < len(row.invited)
    )
