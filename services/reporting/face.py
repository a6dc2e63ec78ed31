"""The reporting service's HTTP face: progress, reports, and what stands still when it is not ready."""

from fastapi import FastAPI

from services.database import engine
from services.reporting import pages, progress_api, reports_api, schedules_api
from services.reporting.settings import Settings
from services.web import backlog
from services.web import pages as web_pages
from services.web.application import application

ROUTERS = (
    progress_api.router,
    reports_api.router,
    reports_api.recorded,
    schedules_api.router,
    pages.router,
    web_pages.router,
)


def face(settings: Settings) -> FastAPI:
    app = application(
        title="Työnohjaus: reporting",
        address=settings.reporting_public_url,
        settings=settings,
        engine=engine(settings.reporting_database_url),
        routers=ROUTERS,
        checks=[backlog.check],
        gauges=[backlog.gauges],
    )
    app.state.problem_page = pages.pages.show_problem
    return app
