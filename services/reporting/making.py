"""Makes reports that are due: from the dossier of what was told, in one transaction with the event that tells of it."""

import time
from datetime import datetime

from sqlalchemy import Engine

from services import clock
from services.database import Database, transaction
from services.log import logger
from services.reporting import compiling, dossiers, drafts, planning, publishing, reports
from services.reporting.documents import GoalReport, OverviewReport
from services.reporting.dossiers import Dossier, Round
from services.reporting.models import Kind, Report, Status, Supervisor
from services.reporting.rebuilding import NotToldYet

log = logger(__name__)

TRIES_FOR_ANSWERS = 6
"""About ten minutes. Whoever asked to be forgotten meanwhile will never be heard of."""


def make_next(engine: Engine, link_key: str) -> bool:
    """Make one report that is due; says whether there was one. What goes wrong with one holds up no other."""
    report_id = None
    try:
        with transaction(engine) as db:
            report = reports.claim(db)
            if report is None:
                return False
            report_id, began = report.id, time.monotonic()
            make(db, report, link_key, clock.now(db))
            report.seconds = time.monotonic() - began
    except Exception as trouble:
        if report_id is None:
            raise
        log.warning("report.put_off", report_id=str(report_id), kind=type(trouble).__name__, exc_info=True)
        with transaction(engine) as db:
            reports.put_off(db, report_id, type(trouble).__name__)
    else:
        log.info("report.made", report_id=str(report_id), status=report.status)
    return True


def make(db: Database, report: Report, link_key: str, now: datetime) -> None:
    """Make a report whose row the caller has locked, or find that there is nothing to report."""
    match report.kind:
        case Kind.goal_report:
            _make_goal_report(db, report, link_key, now)
        case Kind.overview_report:
            _make_overview(db, report, link_key, now)
        case Kind.client_report:
            _make_client_report(db, report, link_key, now)
    report.trouble = None


def _make_client_report(db: Database, report: Report, link_key: str, now: datetime) -> None:
    """Of a process that has ended, with all of its rounds: what is told in another order may have looked so."""
    process = dossiers.get(db, report.subject_id).process
    if report.status is Status.due and planning.when_all_ended(db, process) is None:
        raise NotToldYet
    drafts.make(db, report, link_key, now)


def _make_goal_report(db: Database, report: Report, link_key: str, now: datetime) -> None:
    dossier = dossiers.get(db, report.subject_id)
    document = compiling.goal_report(dossier, report.period, now, _round(dossier, report))
    _give_to_supervisor(db, report, document, link_key, now)


def _round(dossier: Dossier, report: Report) -> Round | None:
    """The round at whose end the report is made, once we have heard of everybody who answered."""
    if report.evaluation_id is None:
        return None
    round_ = next((each for each in dossier.rounds if each.id == report.evaluation_id), None)
    if round_ is None or (dossier.answered(round_) < round_.answered and report.attempts < TRIES_FOR_ANSWERS):
        raise NotToldYet
    return round_


def _make_overview(db: Database, report: Report, link_key: str, now: datetime) -> None:
    supervisor = db.get(Supervisor, report.supervisor_id)
    if supervisor is None:
        raise NotToldYet
    open_then = planning.plan_period(db, report.supervisor_id, report.period)
    if not open_then:
        report.status = Status.skipped
        return
    document = compiling.overview_report(supervisor, open_then, report.period, now)
    _give_to_supervisor(db, report, document, link_key, now)


def _give_to_supervisor(
    db: Database, report: Report, document: GoalReport | OverviewReport, link_key: str, now: datetime
) -> None:
    sheet = publishing.keep(report, document)
    report.status, report.compiled_at = Status.compiled, now
    publishing.tell_supervisor(db, report, sheet, link_key, now)
