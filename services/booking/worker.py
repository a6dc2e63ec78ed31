"""Booking's Celery worker. Booking reads no events; its worker hears from readers what reached them."""

from functools import cache

from sqlalchemy import Engine

from services import database
from services.booking.settings import settings
from services.events import bus, confirmations

app = bus.worker_app("booking", settings().redis_url, include=[])


@cache
def engine() -> Engine:
    """Called first after the fork, so that no two processes share a connection."""
    return database.engine(settings().booking_database_url, pool_size=2)


@cache
def office() -> bus.PostOffice:
    return bus.PostOffice(settings().redis_url)


confirmations.listen(app, engine)
