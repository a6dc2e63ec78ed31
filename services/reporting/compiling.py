"""Makes the supervisor's documents: the goal report of a process, and the overview of all their processes."""

from collections.abc import Sequence
from datetime import datetime

from services.reporting import attainment, happenings
from services.reporting.documents import Chore, GoalReport, OverviewReport, ProcessLine
from services.reporting.dossiers import Dossier, Round, as_of
from services.reporting.models import Process, Supervisor
from services.reporting.periods import Period
from services.workdays import local


def whole_process(process: Process, until: datetime) -> Period:
    """From the day a process was opened to the day it was closed, or to this one."""
    first = local(process.opened_at).date()
    last = local(min(process.closed_at or until, until)).date()
    return Period(first, max(first, last))


def up_to_round(process: Process, round_: Round) -> Period:
    first = local(process.opened_at).date()
    return Period(first, max(first, round_.day))


def was_open(process: Process, period: Period) -> bool:
    return process.opened_at < period.ends_at and (process.closed_at is None or process.closed_at >= period.starts_at)


def goal_report(dossier: Dossier, period: Period, now: datetime, round_: Round | None = None) -> GoalReport:
    """The process as it stood at the end of the period; what is left to do, as it is now."""
    then, process = as_of(dossier, period.ends_at), dossier.process
    goals = attainment.goal_statuses(then)
    return GoalReport(
        first=period.first,
        last=period.last,
        compiled_on=local(now).date(),
        code=process.code,
        form=process.form,
        phase=round_.phase if round_ else None,
        sessions=happenings.sessions(then, period),
        attendance=happenings.attendance(then, period),
        meetings=happenings.meetings(then, period),
        next_session=happenings.next_session(dossier, now),
        goals=goals,
        t_score=attainment.t_score(goals),
        benefits=attainment.benefit_statuses(then),
        responses=attainment.responses(then),
        actions=happenings.open_actions(then),
        awaiting=happenings.awaiting(dossier, now),
    )


def overview_report(
    supervisor: Supervisor, dossiers: Sequence[Dossier], period: Period, now: datetime
) -> OverviewReport:
    """The processes of the period, those that wait for something pressing first."""
    return OverviewReport(
        first=period.first,
        last=period.last,
        compiled_on=local(now).date(),
        supervisor_name=supervisor.full_name,
        processes=tuple(sorted((_line(dossier, period, now) for dossier in dossiers), key=_urgency)),
    )


def _line(dossier: Dossier, period: Period, now: datetime) -> ProcessLine:
    then, process = as_of(dossier, period.ends_at), dossier.process
    goals = attainment.goal_statuses(then)
    return ProcessLine(
        code=process.code,
        form=process.form,
        sessions=happenings.sessions(then, period),
        attendance=happenings.attendance(then, period),
        goals_met=sum(goal.met for goal in goals),
        t_score=attainment.t_score(goals),
        response=attainment.response(then, then.rounds[-1]) if then.rounds else None,
        next_session=happenings.next_session(dossier, now),
        open_actions=len(happenings.open_actions(then)),
        awaiting=happenings.awaiting(dossier, now),
    )


def _urgency(line: ProcessLine) -> tuple[int, str]:
    return list(Chore).index(line.awaiting[0].chore) if line.awaiting else len(Chore), line.code
