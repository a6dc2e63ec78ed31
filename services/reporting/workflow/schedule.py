"""Which reports are to be made, and when: at the end of each round, by the calendar, and when a process has ended."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.core.database import Database
from services.events.catalogue import Phase
from services.finnish.workdays import local
from services.reporting.contents import activity
from services.reporting.contents.compile import period_up_to_round, was_open_during
from services.reporting.models import Evaluation, Process, Report, ReportKind, Schedule
from services.reporting.periods import Cadence, Period, period_containing, periods_due_between
from services.reporting.projections import process_data
from services.reporting.projections.process_data import ProcessData, round_from_row
from services.reporting.workflow import drafts, reports
from services.web.errors.problems import NotFound
from services.web.protocol.fields import RequestBody
from services.web.security.tokens import Principal, Role


class ScheduleUpdate(RequestBody):
    cadence: Cadence


def find_schedule(db: Database, who: Principal, supervisor_id: UUID, *, lock: bool = False) -> Schedule:
    query = select(Schedule).where(col(Schedule.supervisor_id) == supervisor_id)
    schedule = db.scalars(query.with_for_update() if lock else query).one_or_none()
    if schedule is None or (who.role is Role.supervisor and who.party_id != supervisor_id):
        raise NotFound
    return schedule


BATCH_SIZE = 20


def lock_process_planning(db: Database, process_id: UUID) -> None:
    """Wait for any other transaction that plans for this process, so that each sees the other's state."""
    db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(process_id), 0))))


def plan_process_reports(db: Database, process_id: UUID) -> None:
    """A goal report of each round that is over; and when all is over, a report to the client.

    What had ended before the supervisor was first known here was reported then: a restored or rebuilt database
    sends nothing a second time.
    """
    process = db.get(Process, process_id)
    schedule = db.get(Schedule, process.supervisor_id) if process else None
    if process is None or schedule is None:
        return
    for each in _rounds(db, process_id):
        if each.closed_at and each.closed_at >= schedule.heard_at:
            reports.request_report(db, _of_round(process, each))
    ended_at = when_all_ended(db, process)
    if ended_at and ended_at >= schedule.heard_at:
        reports.request_report(db, drafts.blank_client_report(process, None, process.closed_at or process.opened_at))


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
    period = period_up_to_round(process, round_from_row(evaluation))
    return reports.blank_process_report(
        process,
        kind=ReportKind.goal_report,
        occasion=str(evaluation.evaluation_id),
        evaluation_id=evaluation.evaluation_id,
        **period._asdict(),
    )


def ensure_schedule(db: Database, supervisor_id: UUID, now: datetime) -> None:
    """A supervisor gets reports every month, from the first that begins after they are known here."""
    cadence = Cadence.monthly
    due_at = next_due_at(cadence, now)
    first = Schedule(supervisor_id=supervisor_id, cadence=cadence, heard_at=now, asked_until=now, due_at=due_at)
    db.execute(insert(Schedule).values(first.model_dump()).on_conflict_do_nothing())


def next_due_at(cadence: Cadence, after: datetime) -> datetime:
    period = period_containing(cadence, local(after).date() - timedelta(days=1))
    following = period_containing(cadence, period.last + timedelta(days=1))
    return period.due_at if period.due_at > after else following.due_at


def change_cadence(db: Database, schedule: Schedule, cadence: Cadence, now: datetime) -> None:
    """From now on; a period that the earlier cadence has not reported is not made up for."""
    _ask_what_is_due(db, schedule, now)
    schedule.cadence, schedule.due_at = cadence, next_due_at(cadence, now)


def plan_calendar(db: Database, now: datetime) -> bool:
    """Request the overviews that have fallen due since the last run; returns whether more may wait."""
    query = select(Schedule).where(col(Schedule.due_at) <= now).order_by(col(Schedule.due_at)).limit(BATCH_SIZE)
    schedules = db.scalars(query.with_for_update(skip_locked=True)).all()
    for schedule in schedules:
        _ask_what_is_due(db, schedule, now)
    return len(schedules) == BATCH_SIZE


def _ask_what_is_due(db: Database, schedule: Schedule, now: datetime) -> None:
    for period in periods_due_between(schedule.cadence, schedule.asked_until, now):
        overview = reports.blank_overview(schedule.supervisor_id, occasion=period.key, **period._asdict())
        reports.request_period_report(db, overview)
    schedule.asked_until, schedule.due_at = now, next_due_at(schedule.cadence, now)


def plan_period_reports(db: Database, supervisor_id: UUID, period: Period) -> list[ProcessData]:
    """Request a goal report of each process with activity; if there is any, return the data of all open ones."""
    open_then = [each for each in load_data_of_supervisor(db, supervisor_id) if was_open_during(each.process, period)]
    eventful = [data.process for data in open_then if activity.has_activity(data, period)]
    occasion = {"kind": ReportKind.goal_report, "occasion": period.key, **period._asdict()}
    for process in eventful:
        reports.request_period_report(db, reports.blank_process_report(process, **occasion))
    return open_then if eventful else []


def load_data_of_supervisor(db: Database, supervisor_id: UUID) -> list[ProcessData]:
    ids = db.scalars(select(Process.process_id).where(col(Process.supervisor_id) == supervisor_id))
    return process_data.load_data_of_processes(db, ids.all())
