"""The notifier's Celery app: what its worker processes share. Nothing connects before the pool has forked."""

from functools import cache

from sqlalchemy import Engine

from services.core import database
from services.core.sealing import carrying
from services.events import bus
from services.events.signatures import Signatures
from services.notifier.delivery import sender
from services.notifier.settings import settings

SEND_DUE = "letters.send_due"
STALE_AFTER_SECONDS = 30.0
"""A call not taken by then is dropped: the periodic job repeats it."""

app = bus.worker_app("notifier", settings().redis_url, include=["services.notifier.subscribers"])


@cache
def engine() -> Engine:
    return carrying(database.engine(settings().notifier_database_url, pool_size=3), settings().sealing)


@cache
def poster() -> bus.EventPoster:
    return bus.EventPoster(settings().redis_url, Signatures("notifier", settings().shared_keys))


def call_sender() -> None:
    """The periodic job repeats a lost call."""
    poster().try_to_post(SEND_DUE, to="notifier", expires=STALE_AFTER_SECONDS)


@app.task(name=SEND_DUE)  # type: ignore[untyped-decorator]
def send_due_task() -> None:
    if sender.send_due_letters(engine(), settings()):
        call_sender()
