"""The few figures of a report that the letter about it tells, under the names that the letter gives them."""

from collections.abc import Iterable

from services.reporting.documents import Awaiting, ClientReport, GoalReport, OverviewReport
from services.reporting.words import capitalised, chore

Figures = dict[str, int | float | str | None]


def figures(report: GoalReport | OverviewReport | ClientReport) -> Figures:
    match report:
        case GoalReport():
            return _of_goal_report(report)
        case OverviewReport():
            return _of_overview(report)
        case ClientReport():
            return _of_client_report(report)


def _of_goal_report(report: GoalReport) -> Figures:
    response = report.responses[-1] if report.responses else None
    t = report.t_score
    return {
        "process_code": report.code,
        "form": report.form.value,
        "held": report.sessions.held_in_all,
        "planned": report.sessions.planned_in_all,
        "answered": response.answered if response else None,
        "invited": response.invited if response else None,
        "goals_met": sum(goal.met for goal in report.goals),
        "goals_scored": sum(goal.now is not None for goal in report.goals),
        "t_baseline": t.baseline if t else None,
        "t_now": t.now if t else None,
        "t_change": t.change if t else None,
        "flags": _lines(report.awaiting),
    }


def _of_overview(report: OverviewReport) -> Figures:
    first = [f"{process.code}: {chore(process.awaiting[0])}" for process in report.processes if process.awaiting]
    return {
        "processes": len(report.processes),
        "held": sum(process.sessions.held for process in report.processes),
        "flags": "\n".join(first),
    }


def _of_client_report(report: ClientReport) -> Figures:
    return {
        "process_name": report.title,
        "form": report.form.value,
        "held": report.sessions.held_in_all,
        "planned": report.sessions.planned_in_all,
        "participants": report.participants,
        "answered": report.answered,
        "min_group_size": report.min_group_size,
    }


def _lines(awaiting: Iterable[Awaiting]) -> str:
    return "\n".join(capitalised(chore(one)) for one in awaiting)
