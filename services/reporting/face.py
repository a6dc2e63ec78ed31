"""The reporting service's HTTP face: progress, reports, and what stands still when it is not ready."""

from fastapi import FastAPI

from services.database import engine
from services.reporting.settings import Settings
from services.web import backlog
from services.web.application import application

ROUTERS = ()


def face(settings: Settings) -> FastAPI:
    return application(
        title="Työnohjaus: reporting",
        address=settings.reporting_public_url,
        settings=settings,
        engine=engine(settings.reporting_database_url),
        routers=ROUTERS,
        checks=[backlog.check],
        gauges=[backlog.gauges],
    )
