"""Which reports are to be made, and when: at the end of each round, by the calendar, and when a process has ended."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.database import Database
from services.events.catalogue import Phase
from services.reporting import dossiers, drafts, happenings, reports
from services.reporting.compiling import up_to_round, was_open
from services.reporting.dossiers import Dossier, round_of
from services.reporting.models import Evaluation, Kind, Process, Report, Schedule
from services.reporting.periods import Cadence, Period, due_between, period_of
from services.workdays import local

AT_ONCE = 20


def hold(db: Database, process_id: UUID) -> None:
    """Wait for whoever plans for the same process, so that each sees what the other was told."""
    db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(process_id), 0))))


def plan_process(db: Database, process_id: UUID) -> None:
    """A goal report of each round that is over; and when all is over, a report to the client.

    What had ended before we first heard of the supervisor was reported by whoever knew of it then: a database that
    was made anew sends nothing a second time.
    """
    process = db.get(Process, process_id)
    schedule = db.get(Schedule, process.supervisor_id) if process else None
    if process is None or schedule is None:
        return
    for each in _rounds(db, process_id):
        if each.closed_at and each.closed_at >= schedule.heard_at:
            reports.ask(db, _of_round(process, each))
    ended_at = when_all_ended(db, process)
    if ended_at and ended_at >= schedule.heard_at:
        reports.ask(db, drafts.blank(process, None, process.closed_at or process.opened_at))


def when_all_ended(db: Database, process: Process) -> datetime | None:
    """When a process and the last of its rounds had come to their end, a final one among them."""
    rounds = _rounds(db, process.process_id)
    ends = [process.closed_at, *(each.closed_at for each in rounds)]
    if None in ends or not any(each.phase is Phase.final for each in rounds):
        return None
    return max(filter(None, ends))


def _rounds(db: Database, process_id: UUID) -> Sequence[Evaluation]:
    return db.scalars(select(Evaluation).where(col(Evaluation.process_id) == process_id)).all()


def _of_round(process: Process, evaluation: Evaluation) -> Report:
    period = up_to_round(process, round_of(evaluation))
    return reports.of_process(
        process,
        kind=Kind.goal_report,
        occasion=str(evaluation.evaluation_id),
        evaluation_id=evaluation.evaluation_id,
        **period._asdict(),
    )


# -- by the calendar --------------------------------------------------------------------------------------


def ensure_schedule(db: Database, supervisor_id: UUID, now: datetime) -> None:
    """A supervisor gets reports every month from the first that begins after we have heard of them."""
    first = Schedule(
        supervisor_id=supervisor_id,
        cadence=Cadence.monthly,
        heard_at=now,
        asked_until=now,
        due_at=next_due(Cadence.monthly, now),
    )
    db.execute(insert(Schedule).values(first.model_dump()).on_conflict_do_nothing())


def next_due(cadence: Cadence, after: datetime) -> datetime:
    period = period_of(cadence, local(after).date() - timedelta(days=1))
    return period.due_at if period.due_at > after else period_of(cadence, period.last + timedelta(days=1)).due_at


def change_cadence(db: Database, schedule: Schedule, cadence: Cadence, now: datetime) -> None:
    """From now on, and without a report of what an earlier cadence has passed over."""
    _ask_what_is_due(db, schedule, now)
    schedule.cadence, schedule.due_at = cadence, next_due(cadence, now)


def plan_calendar(db: Database, now: datetime) -> bool:
    """Ask for the overviews that have fallen due since anybody last looked; says whether more may wait."""
    query = select(Schedule).where(col(Schedule.due_at) <= now).order_by(col(Schedule.due_at)).limit(AT_ONCE)
    schedules = db.scalars(query.with_for_update(skip_locked=True)).all()
    for schedule in schedules:
        _ask_what_is_due(db, schedule, now)
    return len(schedules) == AT_ONCE


def _ask_what_is_due(db: Database, schedule: Schedule, now: datetime) -> None:
    for period in due_between(schedule.cadence, schedule.asked_until, now):
        overview = reports.of_supervisor(schedule.supervisor_id, occasion=period.key, **period._asdict())
        reports.ask_for_period(db, overview)
    schedule.asked_until, schedule.due_at = now, next_due(schedule.cadence, now)


def plan_period(db: Database, supervisor_id: UUID, period: Period) -> list[Dossier]:
    """Ask for a goal report of each process in which anything happened; the dossiers of all if there is any such."""
    open_then = [each for each in of_supervisor(db, supervisor_id) if was_open(each.process, period)]
    eventful = [dossier.process for dossier in open_then if happenings.happened(dossier, period)]
    for process in eventful:
        report = reports.of_process(process, kind=Kind.goal_report, occasion=period.key, **period._asdict())
        reports.ask_for_period(db, report)
    return open_then if eventful else []


def of_supervisor(db: Database, supervisor_id: UUID) -> list[Dossier]:
    ids = db.scalars(select(Process.process_id).where(col(Process.supervisor_id) == supervisor_id))
    return dossiers.load_all(db, ids.all())
