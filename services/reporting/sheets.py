"""Every report as a sheet, whichever it is."""

from services.reporting.blocks import Sheet
from services.reporting.client_sheet import client_sheet
from services.reporting.documents import ClientReport, GoalReport, OverviewReport
from services.reporting.goal_sheet import goal_sheet
from services.reporting.overview_sheet import overview_sheet


def sheet(report: GoalReport | OverviewReport | ClientReport) -> Sheet:
    match report:
        case GoalReport():
            return goal_sheet(report)
        case OverviewReport():
            return overview_sheet(report)
        case ClientReport():
            return client_sheet(report)
