"""A reader of events for the tests of delivery: real Celery, real tables, and an effect that can be counted."""

import os
import signal
from functools import cache
from typing import Any

from celery.signals import worker_ready
from sqlalchemy import Engine, text

from services.core import database
from services.core.database import Database
from services.core.sealing import carrying, sealing_of
from services.events import bus, confirmations
from services.events.catalogue import Event, LoginRequested, ParticipantErased, SessionBooked, SummaryPublished
from services.events.inbox import Subscriber
from services.events.signatures import Signatures

app = bus.worker_app(os.environ["TEST_QUEUE"], os.environ["REDIS_URL"], include=[])


OTHER = {"booking": "notifier", "notifier": "booking"}[os.environ["TEST_QUEUE"]]
SHARED = {OTHER: os.environ["BOOKING_NOTIFIER_KEY"]}


@worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery has no types
def grow_deaf_when_told(sender: Any, **_: object) -> None:
    """As a consumer that runs, and yet takes nothing out of its queues any more."""
    signal.signal(signal.SIGUSR2, lambda *_: [sender.cancel_task_queue(queue) for queue in list(app.amqp.queues)])


@cache
def engine() -> Engine:
    key = os.environ["BOOKING_NOTIFIER_KEY"]
    return carrying(database.engine(os.environ["TEST_DATABASE_URL"], pool_size=2), sealing_of("notifier", key, SHARED))


@cache
def office() -> bus.EventPoster:
    return bus.EventPoster(os.environ["REDIS_URL"], Signatures(os.environ["TEST_QUEUE"], SHARED))


class PoisonError(RuntimeError):
    """This event cannot be handled."""


if os.environ["TEST_QUEUE"] == "booking":
    confirmations.consume_confirmations(app, engine, office)
else:
    subscriber = Subscriber(app, os.environ["TEST_QUEUE"], engine, office)

    @subscriber.on(LoginRequested, SessionBooked)
    def leave_an_effect(db: Database, event: Event) -> None:
        if "poison" in (getattr(event, "full_name", ""), getattr(event, "location", "")):
            raise PoisonError
        db.execute(
            text("INSERT INTO effect (aggregate, version) VALUES (:aggregate, :version)"),
            {"aggregate": event.aggregate, "version": event.version},
        )

    @subscriber.on(SummaryPublished)
    def leave_what_was_agreed(db: Database, event: SummaryPublished) -> None:
        db.execute(
            text("INSERT INTO effect (aggregate, version) VALUES (:agreed, :version)"),
            {"agreed": event.actions[0].text, "version": event.version},
        )

    @subscriber.on(ParticipantErased)
    def kill_the_process(_db: Database, _event: ParticipantErased) -> None:
        os._exit(9)
