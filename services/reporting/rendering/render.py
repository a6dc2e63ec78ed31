"""Builds the sheet of any report."""

from services.reporting.contents.documents import ClientReport, GoalReport, OverviewReport
from services.reporting.rendering.blocks import Sheet
from services.reporting.rendering.client_report import client_sheet
from services.reporting.rendering.goal_report import goal_sheet
from services.reporting.rendering.overview import overview_sheet


def build_sheet(report: GoalReport | OverviewReport | ClientReport) -> Sheet:
    match report:
        case GoalReport():
            return goal_sheet(report)
        case OverviewReport():
            return overview_sheet(report)
        case ClientReport():
            return client_sheet(report)
