"""The supervisor's morning agenda: sessions of the day, changes since the last working day, open tasks.

An agenda is written once for each day with a meeting, and on working days also when there is something else to say.
On other days nothing is sent.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.core.database import Database
from services.events import state
from services.events.catalogue import Actor
from services.events.session_numbers import numbers_in_time
from services.finnish.workdays import at_wall_clock, is_working_day, local, previous_working_day
from services.notifier.composition.contexts import (
    AgendaChange,
    AgendaChangeKind,
    AgendaItem,
    Appointment,
    AwaitedAnswers,
    MissingSummary,
    RefusedLetters,
)
from services.notifier.kinds import LetterKind
from services.notifier.log import labels
from services.notifier.models import (
    AgendaDay,
    Answer,
    Evaluation,
    Intake,
    Letter,
    LetterStatus,
    Process,
    Session,
    Summary,
    Supervisor,
    time_and_place,
)
from services.notifier.planning import event_state, letter_store
from services.notifier.planning.wanted import NIGHT_ENDS, WantedLetter

LATEST_AGENDA = time(12)
"""An agenda is of no use after noon."""
SUMMARY_EXPECTED_WITHIN = timedelta(days=14)
REFUSALS_TOLD = timedelta(days=7)


@dataclass(frozen=True)
class AgendaContent:
    """What there is to say about one day of one supervisor."""

    day: date
    items: tuple[AgendaItem, ...] = ()
    changes: tuple[AgendaChange, ...] = ()
    missing_summaries: tuple[MissingSummary, ...] = ()
    awaited_answers: tuple[AwaitedAnswers, ...] = ()
    refused_letters: tuple[RefusedLetters, ...] = ()
    next_session: Appointment | None = None

    @property
    def is_worth_a_letter(self) -> bool:
        other = self.changes or self.missing_summaries or self.awaited_answers or self.refused_letters
        return bool(self.items or (other and is_working_day(self.day)))


def write_agendas(db: Database, now: datetime) -> None:
    """Write the agendas of today, once, between eight and noon: later they are of no use."""
    today = local(now).date()
    due_at, not_after = at_wall_clock(today, NIGHT_ENDS), at_wall_clock(today, LATEST_AGENDA)
    if not due_at <= now < not_after or not state.keep(db, AgendaDay(day=today)):
        return
    for supervisor_id in db.scalars(select(col(Supervisor.supervisor_id)).where(col(Supervisor.active))).all():
        if load_agenda(db, "", supervisor_id, today, now).is_worth_a_letter:
            letter = WantedLetter(LetterKind.daily_agenda, supervisor_id, due_at, supervisor_id, due_at, not_after)
            letter_store.insert_letters(db, [letter], now, {"supervisor_id": supervisor_id})


def skip_agendas(db: Database, lost_at: datetime) -> None:
    """Write no agenda for the day on which a database was lost, if it may have been written there."""
    day = local(lost_at).date()
    if lost_at >= at_wall_clock(day, NIGHT_ENDS):
        state.keep(db, AgendaDay(day=day))


def load_agenda(db: Database, site: str, supervisor_id: UUID, day: date, now: datetime) -> AgendaContent:
    """What there is to say, with links to the pages of `site`."""
    begins, ends = at_wall_clock(day, time(0)), at_wall_clock(day + timedelta(days=1), time(0))
    since = at_wall_clock(previous_working_day(day), NIGHT_ENDS)
    own = col(Session.supervisor_id) == supervisor_id
    processes = _processes(db, supervisor_id)
    today = db.scalars(
        newest_sessions(own, col(Session.status) != "cancelled", *_between(Session.starts_at, begins, ends))
    )
    after = db.scalars(
        newest_sessions(own, col(Session.status) == "booked", col(Session.starts_at) >= ends).limit(1)
    ).first()
    return AgendaContent(
        day,
        items=_session_items(db, [row for row in today if row.process_id in processes], processes)
        + tuple(AgendaItem(**time_and_place(row)) for row in _intakes(db, supervisor_id, begins, ends)),
        changes=tuple(
            AgendaChange(process_code=processes[row.process_id].code, change=_change(row), starts_at=row.starts_at)
            for row in db.scalars(newest_sessions(own, *_changes_by_others(since, now)))
            if row.process_id in processes
        ),
        missing_summaries=_missing_summaries(db, site, own, processes, now),
        awaited_answers=_awaited_answers(db, site, processes, now),
        refused_letters=_refused_letters(db, supervisor_id, processes, now),
        next_session=Appointment(**time_and_place(after)) if after else None,
    )


Processes = Mapping[UUID, Process]


def _processes(db: Database, supervisor_id: UUID) -> Processes:
    own = select(Process).where(col(Process.supervisor_id) == supervisor_id)
    return {process.process_id: process for process in db.scalars(own)}


def newest_sessions(*conditions: ColumnElement[bool]) -> Select[Session]:
    """Meetings whose newest version meets the conditions, the earliest first."""
    later = aliased(Session)
    is_old = exists().where(col(later.session_id) == col(Session.session_id), col(later.version) > col(Session.version))
    return select(Session).where(*conditions, ~is_old).order_by(col(Session.starts_at))


def _between(column: Any, begins: datetime, ends: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(column) >= begins, col(column) < ends


def _changes_by_others(since: datetime, now: datetime) -> list[ColumnElement[bool]]:
    """What others did to meetings that are still to come."""
    return [
        col(Session.status).in_(("booked", "cancelled")),
        col(Session.changed_at) > since,
        col(Session.changed_by) != Actor.supervisor,
        col(Session.starts_at) > now,
    ]


def _change(row: Session) -> AgendaChangeKind:
    if row.status == "cancelled":
        return AgendaChangeKind.cancelled
    return AgendaChangeKind.booked if row.version == 1 else AgendaChangeKind.moved


def session_numbers(db: Database, process_ids: Collection[UUID | None]) -> dict[UUID, int]:
    """The number of each session of these processes, by time."""
    rows = db.scalars(newest_sessions(col(Session.process_id).in_(process_ids))).all() if process_ids else ()
    grouped: dict[UUID, list[Session]] = {}
    for row in rows:
        grouped.setdefault(row.process_id, []).append(row)
    return {session: number for known in grouped.values() for session, number in numbers_in_time(known).items()}


def _session_items(db: Database, rows: Sequence[Session], processes: Processes) -> tuple[AgendaItem, ...]:
    numbers = session_numbers(db, {row.process_id for row in rows})
    return tuple(
        AgendaItem(
            **time_and_place(row),
            process_code=processes[row.process_id].code,
            form=processes[row.process_id].form,
            number=numbers[row.session_id],
            total=processes[row.process_id].planned_sessions,
        )
        for row in rows
    )


def _intakes(db: Database, supervisor_id: UUID, begins: datetime, ends: datetime) -> Sequence[Intake]:
    later = aliased(Intake)
    is_old = exists().where(col(later.intake_id) == col(Intake.intake_id), col(later.version) > col(Intake.version))
    own = select(Intake).where(col(Intake.supervisor_id) == supervisor_id, col(Intake.status) == "confirmed", ~is_old)
    return db.scalars(own.where(*_between(Intake.starts_at, begins, ends))).all()


def _missing_summaries(
    db: Database, site: str, own: ColumnElement[bool], processes: Processes, now: datetime
) -> tuple[MissingSummary, ...]:
    has_summary = exists().where(col(Summary.session_id) == col(Session.session_id))
    recent = _between(Session.ends_at, now - SUMMARY_EXPECTED_WITHIN, now)
    held = db.scalars(newest_sessions(own, col(Session.status) == "held", ~has_summary, *recent))
    return tuple(
        MissingSummary(
            process_code=processes[row.process_id].code,
            day=local(row.starts_at).date(),
            url=f"{site}/tyo/tapaamiset/{row.session_id}/kirjaa",
        )
        for row in held
        if row.process_id in processes
    )


def _awaited_answers(db: Database, site: str, processes: Processes, now: datetime) -> tuple[AwaitedAnswers, ...]:
    answers = select(func.count()).where(col(Answer.evaluation_id) == col(Evaluation.evaluation_id)).scalar_subquery()
    open_rounds = select(Evaluation, answers).where(
        col(Evaluation.process_id).in_(processes), col(Evaluation.status) == "open", col(Evaluation.due_at) > now
    )
    return tuple(
        AwaitedAnswers(
            process_code=processes[row.process_id].code,
            phase=row.phase,
            answered=answered,
            invited=len(row.invited),
            url=f"{site}/tyo/prosessit/{row.process_id}/arvioinnit/{row.evaluation_id}",
        )
        for row, answered in db.execute(open_rounds.order_by(col(Evaluation.due_at)))
        if answered < len(row.invited)
    )


def _refused_letters(
    db: Database, supervisor_id: UUID, processes: Processes, now: datetime
) -> tuple[RefusedLetters, ...]:
    """What failed lately, to others, and nobody has sent again."""
    lately = (col(Letter.status) == LetterStatus.failed, col(Letter.due_at) > now - REFUSALS_TOLD)
    own = (col(Letter.supervisor_id) == supervisor_id, col(Letter.recipient_id) != supervisor_id)
    failed = db.execute(
        select(col(Letter.process_id), col(Letter.kind), func.count())
        .where(*own, *lately, ~event_state.sent_again())
        .group_by(col(Letter.process_id), col(Letter.kind))
        .order_by(func.min(col(Letter.due_at)), col(Letter.kind))
    )
    return tuple(
        RefusedLetters(
            process_code=processes[process_id].code if process_id in processes else None,
            name=labels.KINDS[LetterKind(kind)].lower(),
            count=count,
        )
        for process_id, kind, count in failed
    )
