"""Reporting's Celery app: what its worker processes share. Nothing connects before the pool has forked."""

from functools import cache

from sqlalchemy import Engine

from services import database
from services.events import bus, confirmations
from services.reporting.settings import settings

app = bus.worker_app("reporting", settings().redis_url, include=["services.reporting.subscribers"])


@cache
def engine() -> Engine:
    return database.engine(settings().reporting_database_url, pool_size=3)


@cache
def office() -> bus.PostOffice:
    return bus.PostOffice(settings().redis_url)


confirmations.listen(app, engine)
