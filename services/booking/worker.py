"""Booking's Celery worker. Booking subscribes to no events; its worker receives what subscribers answer and tell."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Engine

from services.booking.lifecycle import refused_letters
from services.booking.settings import settings
from services.core import database
from services.core.sealing import carrying
from services.events import bus, confirmations
from services.events.refused_letters import Refusal, consume_refusals
from services.events.signatures import Signatures

app = bus.worker_app("booking", settings().redis_url, include=[])


@cache
def engine() -> Engine:
    """Created after the fork, so that no two processes share a connection."""
    return carrying(database.engine(settings().booking_database_url, pool_size=2), settings().sealing)


@cache
def poster() -> bus.EventPoster:
    return bus.EventPoster(settings().redis_url, Signatures("booking", settings().shared_keys))


confirmations.consume_confirmations(app, engine, poster)


def keep_refusals(refusals: Sequence[Refusal]) -> None:
    with database.transaction(engine()) as db:
        refused_letters.keep_refusals(db, refusals)


consume_refusals(app, poster, keep_refusals)
