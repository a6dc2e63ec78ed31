"""Compiles the supervisor's documents: the goal report of a process, and the overview of all their processes."""

from collections.abc import Sequence
from datetime import datetime

from services.finnish.workdays import local
from services.reporting.contents import activity, attainment
from services.reporting.contents.documents import GoalReport, OverviewReport, ProcessLine, ToDoKind
from services.reporting.models import Process, Supervisor
from services.reporting.periods import Period
from services.reporting.projections.process_data import EvaluationRound, ProcessData, data_as_of


def whole_process_period(process: Process, until: datetime) -> Period:
    """From the day a process was opened to the day it was closed, or to this one."""
    first = local(process.opened_at).date()
    last = local(min(process.closed_at or until, until)).date()
    return Period(first, max(first, last))


def period_up_to_round(process: Process, round_: EvaluationRound) -> Period:
    first = local(process.opened_at).date()
    return Period(first, max(first, round_.day))


def was_open_during(process: Process, period: Period) -> bool:
    return process.opened_at < period.ends_at and (process.closed_at is None or process.closed_at >= period.starts_at)


def compile_goal_report(
    data: ProcessData, period: Period, now: datetime, round_: EvaluationRound | None = None
) -> GoalReport:
    """The process as it stood at the end of the period; the to-do list as it is now."""
    then, process = data_as_of(data, period.ends_at), data.process
    goals = attainment.goal_statuses(then)
    return GoalReport(
        first=period.first,
        last=period.last,
        compiled_on=local(now).date(),
        code=process.code,
        form=process.form,
        phase=round_.phase if round_ else None,
        sessions=activity.count_sessions(then, period),
        attendance=activity.count_attendance(then, period),
        meetings=activity.session_lines(then, period),
        next_session=activity.next_session_at(data, now),
        goals=goals,
        t_score=attainment.t_score_of_goals(goals),
        benefits=attainment.benefit_statuses(then),
        responses=attainment.round_responses(then),
        actions=activity.list_open_actions(then),
        awaiting=activity.list_to_do(data, now),
    )


def compile_overview_report(
    supervisor: Supervisor, processes_data: Sequence[ProcessData], period: Period, now: datetime
) -> OverviewReport:
    """The processes of the period, those that wait for something pressing first."""
    return OverviewReport(
        first=period.first,
        last=period.last,
        compiled_on=local(now).date(),
        supervisor_name=supervisor.full_name,
        processes=tuple(sorted((_process_line(data, period, now) for data in processes_data), key=_urgency)),
    )


def _process_line(data: ProcessData, period: Period, now: datetime) -> ProcessLine:
    then, process = data_as_of(data, period.ends_at), data.process
    goals = attainment.goal_statuses(then)
    return ProcessLine(
        code=process.code,
        form=process.form,
        sessions=activity.count_sessions(then, period),
        attendance=activity.count_attendance(then, period),
        goals_met=sum(goal.met for goal in goals),
        t_score=attainment.t_score_of_goals(goals),
        response=attainment.round_response(then, then.rounds[-1]) if then.rounds else None,
        next_session=activity.next_session_at(data, now),
        open_actions=len(activity.list_open_actions(then)),
        awaiting=activity.list_to_do(data, now),
    )


def _urgency(line: ProcessLine) -> tuple[int, str]:
    return list(ToDoKind).index(line.awaiting[0].chore) if line.awaiting else len(ToDoKind), line.code
