"""The booking service's HTTP face: which routers it has, and what they mean by what PostgreSQL refuses."""

from fastapi import FastAPI

from services.booking import (
    availability_api,
    credentials_api,
    parties_api,
    scheduling_api,
    supervision_api,
    tokens_api,
)
from services.booking.settings import Settings
from services.database import engine
from services.web import backlog
from services.web.application import application

ROUTERS = (
    tokens_api.router,
    parties_api.router,
    credentials_api.router,
    supervision_api.router,
    supervision_api.recorded,
    availability_api.router,
    scheduling_api.router,
)


def face(settings: Settings) -> FastAPI:
    return application(
        title="Työnohjaus: booking",
        address=settings.public_url,
        settings=settings,
        engine=engine(settings.booking_database_url),
        routers=ROUTERS,
        rates={tokens_api.FAILURES: settings.failure_rate},
        checks=[backlog.check],
        gauges=[backlog.gauges],
    )
