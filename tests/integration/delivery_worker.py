"""A reader of events for the tests of delivery: real Celery, real tables, and an effect that can be counted."""

import os
from functools import cache

from sqlalchemy import Engine, text

from services import database
from services.database import Database
from services.events import bus, confirmations
from services.events.catalogue import LoginRequested, ParticipantErased
from services.events.inbox import Subscriber

app = bus.worker_app(os.environ["TEST_QUEUE"], os.environ["REDIS_URL"], include=[])


@cache
def engine() -> Engine:
    return database.engine(os.environ["TEST_DATABASE_URL"], pool_size=2)


@cache
def office() -> bus.PostOffice:
    return bus.PostOffice(os.environ["REDIS_URL"])


class PoisonError(RuntimeError):
    """This event cannot be handled."""


if os.environ["TEST_QUEUE"] == "booking":
    confirmations.listen(app, engine)
else:
    subscriber = Subscriber(app, os.environ["TEST_QUEUE"], engine, office)

    @subscriber.on(LoginRequested)
    def leave_an_effect(db: Database, event: LoginRequested) -> None:
        if event.full_name == "poison":
            raise PoisonError
        db.execute(
            text("INSERT INTO effect (aggregate, version) VALUES (:aggregate, :version)"),
            {"aggregate": event.aggregate, "version": event.version},
        )

    @subscriber.on(ParticipantErased)
    def kill_the_process(_db: Database, _event: ParticipantErased) -> None:
        os._exit(9)
