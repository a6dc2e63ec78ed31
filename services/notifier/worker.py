"""The notifier's Celery app: what its worker processes share. Nothing connects before the pool has forked."""

from functools import cache

from sqlalchemy import Engine

from services import database
from services.events import bus
from services.notifier import delivery, postbox
from services.notifier.settings import settings

SEND_DUE = "letters.send_due"
STALE_AFTER_SECONDS = 30.0
"""A wake-up that nobody has heard by then is of no use: the tick wakes again."""

app = bus.worker_app("notifier", settings().redis_url, include=["services.notifier.subscribers"])


@cache
def engine() -> Engine:
    return database.engine(settings().notifier_database_url, pool_size=3)


@cache
def office() -> bus.PostOffice:
    return bus.PostOffice(settings().redis_url)


def wake_sender() -> None:
    """Ask for a sender when a letter is due. A call that is lost is repeated by the tick."""
    if postbox.holds_due(engine()):
        call_sender()


def call_sender() -> None:
    office().try_to_post(SEND_DUE, to="notifier", expires=STALE_AFTER_SECONDS)


@app.task(name=SEND_DUE)  # type: ignore[untyped-decorator]
def send_due() -> None:
    if delivery.send_due(engine(), settings()):
        call_sender()
