"""Reporting's Celery app: what its worker processes share. Nothing connects before the pool has forked."""

from functools import cache

from sqlalchemy import Engine

from services.core import database
from services.core.sealing import carrying
from services.core.tracing import trace
from services.events import bus, confirmations
from services.events.signatures import Signatures
from services.reporting.settings import settings
from services.reporting.workflow import build, reports

COMPILE_DUE = "reports.compile_due"
STALE_AFTER_SECONDS = 30.0
"""A call not taken by then is dropped: the periodic job repeats it."""

app = bus.worker_app("reporting", settings().redis_url, include=["services.reporting.subscribers"])


@cache
def engine() -> Engine:
    return carrying(database.engine(settings().reporting_database_url, pool_size=3), settings().sealing)


@cache
def poster() -> bus.EventPoster:
    return bus.EventPoster(settings().redis_url, Signatures("reporting", settings().shared_keys))


confirmations.consume_confirmations(app, engine, poster)


def wake_compiler() -> None:
    """Call the compile task when a report is due. The periodic job repeats a lost call."""
    with database.transaction(engine()) as db:
        due = reports.is_report_due(db)
    if due:
        poster().try_to_post(COMPILE_DUE, to="reporting", expires=STALE_AFTER_SECONDS)


@app.task(name=COMPILE_DUE)  # type: ignore[untyped-decorator]
def compile_due() -> None:
    more = True
    while more:
        with trace(None):
            more = build.make_next_report(engine(), settings())
