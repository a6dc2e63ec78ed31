"""Compiles reports that are due, in one transaction with the events about them."""

import time
from datetime import datetime

from sqlalchemy import Engine

from services.core import clock
from services.core.database import Database, transaction
from services.core.logs import logger
from services.reporting.contents import compile
from services.reporting.contents.documents import GoalReport, OverviewReport
from services.reporting.models import Report, ReportKind, ReportStatus, Supervisor
from services.reporting.projections import process_data
from services.reporting.projections.rebuild import NotToldYet
from services.reporting.settings import Settings
from services.reporting.workflow import drafts, publish, reports, schedule

log = logger(__name__)

TRIES_FOR_ANSWERS = 6
"""About ten minutes. The answer of somebody erased meanwhile never arrives."""


def make_next_report(engine: Engine, settings: Settings) -> bool:
    """Compile one report that is due; returns whether there was one. An error in one holds up no other."""
    report_id = None
    try:
        with transaction(engine) as db:
            report = reports.claim_report(db)
            if report is None:
                return False
            report_id, began = report.id, time.monotonic()
            make_report(db, report, settings, clock.now(db))
            report.seconds = time.monotonic() - began
    except Exception as error:
        if report_id is None:
            raise
        log.warning("report.postponed", report_id=str(report_id), kind=type(error).__name__, exc_info=True)
        with transaction(engine) as db:
            reports.retry_report_later(db, report_id, type(error).__name__)
    else:
        log.info("report.made", report_id=str(report_id), status=report.status)
    return True


def make_report(db: Database, report: Report, settings: Settings, now: datetime) -> None:
    """Compile a report whose row the caller has locked, or find that there is nothing to report."""
    match report.kind:
        case ReportKind.goal_report:
            _make_goal_report(db, report, settings, now)
        case ReportKind.overview_report:
            _make_overview(db, report, settings, now)
        case ReportKind.client_report:
            _make_client_report(db, report, settings, now)
    report.trouble = None


def _make_client_report(db: Database, report: Report, settings: Settings, now: datetime) -> None:
    """Only of a process that has ended with all of its rounds: events out of order may have made it look so."""
    process = process_data.load_process_data(db, report.subject_id).process
    if report.status is ReportStatus.due and schedule.when_all_ended(db, process) is None:
        raise NotToldYet
    drafts.make_draft(db, report, settings, now)


def _make_goal_report(db: Database, report: Report, settings: Settings, now: datetime) -> None:
    data = process_data.load_process_data(db, report.subject_id)
    document = compile.compile_goal_report(data, report.period, now, _round(data, report))
    _publish_to_supervisor(db, report, document, settings, now)


def _round(data: process_data.ProcessData, report: Report) -> process_data.EvaluationRound | None:
    """The round that the report is about, once all of its answers have arrived."""
    if report.evaluation_id is None:
        return None
    round_ = next((each for each in data.rounds if each.id == report.evaluation_id), None)
    if round_ is None or (data.answered(round_) < round_.answered and report.attempts < TRIES_FOR_ANSWERS):
        raise NotToldYet
    return round_


def _make_overview(db: Database, report: Report, settings: Settings, now: datetime) -> None:
    supervisor = db.get(Supervisor, report.supervisor_id)
    if supervisor is None:
        raise NotToldYet
    open_then = schedule.plan_period_reports(db, report.supervisor_id, report.period)
    if not open_then:
        report.status = ReportStatus.skipped
        return
    document = compile.compile_overview_report(supervisor, open_then, report.period, now)
    _publish_to_supervisor(db, report, document, settings, now)


def _publish_to_supervisor(
    db: Database, report: Report, document: GoalReport | OverviewReport, settings: Settings, now: datetime
) -> None:
    sheet = publish.store_document(db, report, document)
    report.status, report.compiled_at = ReportStatus.compiled, now
    publish.publish_to_supervisor(db, report, sheet, settings, now)
