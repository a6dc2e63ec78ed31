"""The reporting service's HTTP face: progress, reports, and what stands still when it is not ready."""

from collections.abc import Iterable
from datetime import timedelta

from fastapi import FastAPI
from prometheus_client.core import Metric
from sqlalchemy import func, text
from sqlmodel import col, select

from services import clock
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

MADE_LATELY = text("""
    SELECT kind, count(*) AS made, avg(seconds) AS average, max(seconds) AS longest
    FROM report WHERE compiled_at > :since AND seconds IS NOT NULL GROUP BY kind
""")
DURATIONS = (
    ("reports_made_lately", "Reports made within the last hour.", "made"),
    ("report_average_seconds", "How long these took to make, on average.", "average"),
    ("report_longest_seconds", "How long the slowest of these took.", "longest"),
)

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
    if late > reports.TOO_LATE:
        yield f"the oldest report is {int(late.total_seconds())} s late"


def gauges(db: Database) -> Iterable[Metric]:
    due = select(func.count()).select_from(Report).where(col(Report.status) == Status.due)
    yield gauge(
        "reports", "Reports that are still to be made.", [((Status.due.value,), db.scalars(due).one())], ("status",)
    )
    made = db.execute(MADE_LATELY, {"since": clock.now(db) - timedelta(hours=1)}).mappings().all()
    for name, what, column in DURATIONS:
        yield gauge(name, what, [((row["kind"],), row[column]) for row in made], ("kind",))
    late = reports.lateness(db).total_seconds()
    yield gauge("report_oldest_overdue_seconds", "How long the oldest report has waited to be made.", [((), late)])
    yield gauge("rebuild_events_awaited", "Events that a rebuild still waits for.", [((), rebuilding.awaited(db))])
