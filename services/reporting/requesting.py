"""Reports that somebody asks for now, instead of waiting for the calendar."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select

from services.database import Database
from services.reporting import compiling, drafts, making, reports
from services.reporting.models import Kind, Process, Report, Status
from services.reporting.periods import Period
from services.web.validation import invalid
from services.workdays import local


class Requested(NamedTuple):
    report: Report
    made: bool
    """Whether it was made now, and not before."""


def goal_report(db: Database, process: Process, period: Period | None, link_key: str, now: datetime) -> Requested:
    """The goal report of a period, or of everything so far. Of a period that is over there is only one."""
    days = period or compiling.whole_process(process, now)
    _ensure_begun(days, now)
    reports.ask(db, reports.of_process(process, kind=Kind.goal_report, occasion=days.key, **days._asdict()))
    report = _locked(db, process, Kind.goal_report, days.key)
    made = report.status is not Status.compiled or is_provisional(report)
    if made:
        making.make(db, report, link_key, now)
    return Requested(report, made)


def is_provisional(report: Report) -> bool:
    """Whether the period was still running when the report was made."""
    return report.compiled_at is None or report.compiled_at < report.period.ends_at


def client_report(db: Database, process: Process, period: Period | None, link_key: str, now: datetime) -> Requested:
    """A draft to the client, made anew if there is one."""
    if period:
        _ensure_begun(period, now)
    report = drafts.take(db, process, period, now)
    drafts.make(db, report, link_key, now)
    return Requested(report, made=True)


def again(db: Database, process: Process, report: Report, link_key: str, now: datetime) -> Requested:
    """What the report was of, as it would be told now."""
    if report.kind is Kind.goal_report:
        return goal_report(db, process, report.period, link_key, now)
    period = None if report.occasion == drafts.WHOLE_PROCESS else report.period
    return client_report(db, process, period, link_key, now)


def _locked(db: Database, process: Process, kind: Kind, occasion: str) -> Report:
    query = select(Report).where(Report.kind == kind, Report.subject_id == process.process_id)
    return db.scalars(query.where(col(Report.occasion) == occasion).with_for_update()).one()


def _ensure_begun(period: Period, now: datetime) -> None:
    if period.first > local(now).date():
        raise invalid("period", "Tämä jakso ei ole vielä alkanut.", "This period has not begun yet.")
