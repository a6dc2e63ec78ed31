"""Reporting's Celery app: what its worker processes share. Nothing connects before the pool has forked."""

from functools import cache

from sqlalchemy import Engine

from services import database
from services.database import transaction
from services.events import bus, confirmations
from services.reporting import making, reports
from services.reporting.settings import settings
from services.trace import trace

COMPILE_DUE = "reports.compile_due"
STALE_AFTER_SECONDS = 30.0
"""A wake-up that nobody has heard by then is of no use: the tick wakes again."""

app = bus.worker_app("reporting", settings().redis_url, include=["services.reporting.subscribers"])


@cache
def engine() -> Engine:
    return database.engine(settings().reporting_database_url, pool_size=3)


@cache
def office() -> bus.PostOffice:
    return bus.PostOffice(settings().redis_url)


confirmations.listen(app, engine)


def wake_compiler() -> None:
    """Ask for a compiler when a report is due. A call that is lost is repeated by the tick."""
    with transaction(engine()) as db:
        due = reports.is_due(db)
    if due:
        office().try_to_post(COMPILE_DUE, to="reporting", expires=STALE_AFTER_SECONDS)


@app.task(name=COMPILE_DUE)  # type: ignore[untyped-decorator]
def compile_due() -> None:
    more = True
    while more:
        with trace(None):
            more = making.make_next(engine(), settings().link_key)
