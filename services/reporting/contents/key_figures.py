"""The key figures of a report for the letter about it, under the names that the letter uses."""

from services.reporting.contents.documents import ClientReport, GoalReport, OverviewReport
from services.reporting.contents.wording import capitalised, to_do_text

KeyFigures = dict[str, int | float | str | None]


def key_figures(report: GoalReport | OverviewReport | ClientReport) -> KeyFigures:
    match report:
        case GoalReport():
            return _of_goal_report(report)
        case OverviewReport():
            return _of_overview(report)
        case ClientReport():
            return _of_client_report(report)


def _of_goal_report(report: GoalReport) -> KeyFigures:
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
        "flags": "\n".join(capitalised(to_do_text(one)) for one in report.awaiting),
    }


def _of_overview(report: OverviewReport) -> KeyFigures:
    first = [f"{process.code}: {to_do_text(process.awaiting[0])}" for process in report.processes if process.awaiting]
    return {
        "processes": len(report.processes),
        "held": sum(process.sessions.held for process in report.processes),
        "flags": "\n".join(first),
    }


def _of_client_report(report: ClientReport) -> KeyFigures:
    return {
        "process_name": report.title,
        "form": report.form.value,
        "held": report.sessions.held_in_all,
        "planned": report.sessions.planned_in_all,
        "participants": report.participants,
        "answered": report.answered,
        "min_group_size": report.min_group_size,
    }
