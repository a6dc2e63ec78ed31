"""Reports requested by hand, instead of by schedule."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select

from services.core.database import Database
from services.finnish.workdays import local
from services.reporting.contents import compile
from services.reporting.models import Process, Report, ReportKind, ReportStatus
from services.reporting.periods import Period
from services.reporting.settings import Settings
from services.reporting.workflow import build, drafts, reports
from services.web.errors.validation import invalid


class RequestedReport(NamedTuple):
    report: Report
    made: bool
    """Whether it was compiled now, and not before."""


def request_goal_report(
    db: Database, process: Process, period: Period | None, settings: Settings, now: datetime
) -> RequestedReport:
    """The goal report of a period, or of everything so far. Of a period that is over there is only one."""
    days = period or compile.whole_process_period(process, now)
    _ensure_begun(days, now)
    fresh = reports.blank_process_report(process, kind=ReportKind.goal_report, occasion=days.key, **days._asdict())
    reports.request_report(db, fresh)
    report = _lock_goal_report(db, process, days.key)
    made = report.status is not ReportStatus.compiled or is_provisional(report)
    if made:
        build.make_report(db, report, settings, now)
    return RequestedReport(report, made)


def is_provisional(report: Report) -> bool:
    """Whether the period was still running when the report was made."""
    return report.compiled_at is None or report.compiled_at < report.period.ends_at


def request_client_report(
    db: Database, process: Process, period: Period | None, settings: Settings, now: datetime
) -> RequestedReport:
    """A draft to the client, compiled again if there is one."""
    if period:
        _ensure_begun(period, now)
    report = drafts.take_draft(db, process, period, now)
    drafts.make_draft(db, report, settings, now)
    return RequestedReport(report, made=True)


def request_again(db: Database, process: Process, report: Report, settings: Settings, now: datetime) -> RequestedReport:
    """The same report, compiled again now."""
    if report.kind is ReportKind.goal_report:
        return request_goal_report(db, process, report.period, settings, now)
    period = None if report.occasion == drafts.WHOLE_PROCESS else report.period
    return request_client_report(db, process, period, settings, now)


def _lock_goal_report(db: Database, process: Process, occasion: str) -> Report:
    query = select(Report).where(Report.kind == ReportKind.goal_report, Report.subject_id == process.process_id)
    return db.scalars(query.where(col(Report.occasion) == occasion).with_for_update()).one()


def _ensure_begun(period: Period, now: datetime) -> None:
    if period.first > local(now).date():
        raise invalid("period", "Tämä jakso ei ole vielä alkanut.", "This period has not begun yet.")
