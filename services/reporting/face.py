"""The reporting service's HTTP face: progress, reports, and what stands still when it is not ready."""

from collections.abc import Iterable
from datetime import timedelta

from fastapi import FastAPI
from prometheus_client.core import Metric
from sqlalchemy import func
from sqlmodel import col, select

from services.database import Database, engine
from services.reporting import (
    audit,
    pages,
    participants_api,
    progress_api,
    progress_pages,
    rebuilding,
    release_pages,
    report_pages,
    reports,
    reports_api,
    request_pages,
    schedule_pages,
    schedules_api,
    state_pages,
    trail_pages,
)
from services.reporting.models import Report, Status
from services.reporting.settings import Settings
from services.web import backlog, visiting
from services.web import pages as web_pages
from services.web.application import application
from services.web.metrics import gauge

TOO_LATE = timedelta(minutes=30)

ROUTERS = (
    progress_api.router,
    reports_api.router,
    reports_api.recorded,
    schedules_api.router,
    participants_api.recorded,
    request_pages.router,
    schedule_pages.router,
    report_pages.router,
    report_pages.recorded,
    release_pages.router,
    progress_pages.router,
    pages.router,
    trail_pages.router,
    state_pages.router,
    pages.styles,
    web_pages.router,
    visiting.router("raportit"),
)


def face(settings: Settings) -> FastAPI:
    app = application(
        title="Työnohjaus: reporting",
        address=settings.reporting_public_url,
        settings=settings,
        engine=engine(settings.reporting_database_url),
        routers=ROUTERS,
        checks=[backlog.check, late_reports, rebuilding.check],
        gauges=[backlog.gauges, gauges],
        trail=audit.TRAIL,
    )
    app.state.problem_page = pages.pages.show_problem
    return app


def late_reports(db: Database) -> Iterable[str]:
    late = reports.lateness(db)
    if late > TOO_LATE:
        yield f"the oldest report is {int(late.total_seconds())} s late"


def gauges(db: Database) -> Iterable[Metric]:
    counted = db.execute(select(Report.status, func.count()).group_by(col(Report.status)))
    counts = {status: count for status, count in counted}  # noqa: C416 -- dict() would take a Result for a mapping
    by_status = [((status.value,), counts.get(status, 0)) for status in Status]
    yield gauge("reports", "Reports by status.", by_status, ("status",))
    late = reports.lateness(db).total_seconds()
    yield gauge("report_oldest_overdue_seconds", "How long the oldest report has waited to be made.", [((), late)])
    yield gauge("rebuild_events_awaited", "Events that a rebuild still waits for.", [((), rebuilding.awaited(db))])
