"""The reporting service's application: its routes, readiness checks and metrics."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache

from fastapi import FastAPI
from prometheus_client.core import Metric
from sqlalchemy import func, text
from sqlmodel import col, select

from services.core import clock, logs
from services.core.database import Database, engine
from services.reporting import audit
from services.reporting.api import participants, progress, schedules
from services.reporting.api import reports as reports_api
from services.reporting.models import Practice, Report, ReportStatus, Supervisor
from services.reporting.pages import audit as audit_pages
from services.reporting.pages import link, release, requests, schedule, site, status
from services.reporting.pages import progress as progress_pages
from services.reporting.pages import reports as reports_pages
from services.reporting.projections import rebuild
from services.reporting.settings import Settings, settings
from services.reporting.workflow import reports
from services.web import outbox_metrics
from services.web.app_factory import create_application
from services.web.metrics import gauge

RECENT_REPORTS = text("""
    SELECT kind, count(*) AS made, avg(seconds) AS average, max(seconds) AS longest
    FROM report WHERE compiled_at > :since AND seconds IS NOT NULL GROUP BY kind
""")
DURATION_GAUGES = (
    ("reports_made_lately", "Reports made within the last hour.", "made"),
    ("report_average_seconds", "How long these took to make, on average.", "average"),
    ("report_longest_seconds", "How long the slowest of these took.", "longest"),
)

ROUTERS = (
    progress.router,
    reports_api.router,
    reports_api.recorded,
    schedules.router,
    participants.recorded,
    requests.router,
    schedule.router,
    audit_pages.router,
    status.router,
    link.styles,
    reports_pages.router,
    reports_pages.recorded,
    release.router,
    progress_pages.router,
    link.router,
)


def create_app(settings: Settings) -> FastAPI:
    app = create_application(
        title="Työnohjaus: reporting",
        settings=settings,
        engine=engine(settings.reporting_database_url),
        routers=ROUTERS,
        checks=[outbox_metrics.check_outbox, check_late_reports, rebuild.check_rebuild],
        gauges=[outbox_metrics.outbox_gauges, reporting_gauges],
        trail=audit.AUDIT_LOG,
        inactive=select(col(Supervisor.supervisor_id)).where(~col(Supervisor.active)),
        practice=Practice,
    )
    app.state.problem_page = site.pages.show_problem
    return app


def check_late_reports(db: Database) -> Iterable[str]:
    late = reports.report_lateness(db)
    if late > reports.TOO_LATE:
        yield f"the oldest report is {int(late.total_seconds())} s late"


def reporting_gauges(db: Database) -> Iterable[Metric]:
    due = select(func.count()).select_from(Report).where(col(Report.status) == ReportStatus.due)
    waiting = [((ReportStatus.due.value,), db.scalars(due).one())]
    yield gauge("reports", "Reports that are still to be made.", waiting, ("status",))
    made = db.execute(RECENT_REPORTS, {"since": clock.now(db) - timedelta(hours=1)}).mappings().all()
    for name, what, column in DURATION_GAUGES:
        yield gauge(name, what, [((row["kind"],), row[column]) for row in made], ("kind",))
    late = reports.report_lateness(db).total_seconds()
    yield gauge("report_oldest_overdue_seconds", "How long the oldest report has waited to be made.", [((), late)])
    yield gauge("rebuild_events_awaited", "Events that a rebuild still waits for.", [((), rebuild.count_awaited(db))])


@cache
def application() -> FastAPI:
    """The application of this process, by its environment."""
    return create_app(settings())


def start() -> FastAPI:
    """The factory for a server: ``uvicorn --factory services.reporting.app:start``."""
    logs.configure("reporting-api")
    return application()
