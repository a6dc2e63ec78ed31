"""What a reader does with an event: its work once, in one transaction, and a confirmation every time it comes.

An event that cannot be handled is refused, not raised: the publisher keeps it, tries again, and parks it in sight.
"""

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

from celery import Celery
from celery.signals import task_unknown
from sqlalchemy import Column, DateTime, Engine, MetaData, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.database import Database, transaction
from services.events import bus
from services.events.catalogue import Envelope, Event
from services.log import logger
from services.trace import trace

log = logger(__name__)

KEPT_FOR = timedelta(days=90)  # longer than any publisher keeps an event that it could post again
PRUNED_AT_ONCE = 5000
HEARTBEAT_FILE = "HEARTBEAT_FILE"

E = TypeVar("E", bound=Event)
Handler = Callable[[Database, E], None]


class Incoming(SQLModel, registry=registry()):
    """The table of this module, in a metadata of its own that each reader's migrations include."""


metadata: MetaData = Incoming.metadata


class Received(Incoming, table=True):
    """An event whose effect is in this database."""

    __tablename__ = "inbox"
    event_id: UUID = Field(primary_key=True)
    received_at: datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=text("now()"), index=True)
    )


class Heard(Incoming, table=True):
    """Until when, by the practice's clock, the effect of everything that a publisher told is in this database."""

    __tablename__ = "heard"
    publisher: str = Field(primary_key=True)
    until: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


def is_first(db: Database, event_id: UUID) -> bool:
    """Note the event as received; a twin that is handled at this moment is waited for."""
    inserted = db.execute(
        text("INSERT INTO inbox (event_id) VALUES (:id) ON CONFLICT DO NOTHING RETURNING event_id"),
        {"id": event_id},
    )
    return inserted.first() is not None


def note_heard(db: Database, publisher: str, until: datetime) -> None:
    """Pings may overtake one another; what has been heard once stays so."""
    db.execute(
        text("""INSERT INTO heard (publisher, until) VALUES (:publisher, :until)
                ON CONFLICT (publisher) DO UPDATE SET until = greatest(heard.until, excluded.until)"""),
        {"publisher": publisher, "until": until},
    )


def unheard(db: Database, told: Sequence[UUID]) -> Sequence[UUID]:
    """Those of the events, in their order, whose effect is not in this database."""
    heard = set(db.scalars(text("SELECT event_id FROM inbox WHERE event_id = ANY(:told)"), {"told": told}))
    return [event_id for event_id in told if event_id not in heard]


def receive(engine: Engine, handle: Handler[E], envelope: Envelope) -> bool:
    """Handle an event unless that has been done; says whether this was the first time."""
    with transaction(engine) as db:
        if not is_first(db, envelope.id):
            return False
        handle(db, cast(E, envelope.event()))
        return True


def deliver(
    engine: Engine, office: bus.PostOffice, subscriber: str, handle: Handler[E], message: dict[str, object]
) -> bool:
    """Receive and confirm; what fails is refused with the kind of its error. Says whether there is new work."""
    envelope = Envelope.model_validate(message)
    with trace(envelope.traceparent):
        try:
            new = receive(engine, handle, envelope)
        except Exception as error:
            log.exception("event.refused", event_id=str(envelope.id), event_type=envelope.type)
            office.refuse(envelope, subscriber, type(error).__name__)
            return False
        log.info("event.handled", event_id=str(envelope.id), event_type=envelope.type, new=new)
        office.confirm(envelope, subscriber)
        return new


class Subscriber:
    """Ties functions to events as Celery tasks of one service.

    `engine` and `office` are called at the first event, in the pool's child process, never before the fork.
    `then` is called after each event that left new work behind.
    """

    def __init__(
        self,
        app: Celery,
        service: str,
        engine: Callable[[], Engine],
        office: Callable[[], bus.PostOffice],
        then: Callable[[], None] | None = None,
    ) -> None:
        self._app, self._service, self._engine, self._office, self._then = app, service, engine, office, then
        self.handlers: dict[str, Handler[Any]] = {}
        app.task(name=bus.PING, shared=False)(self._answer)
        app.task(name=bus.HEARTBEAT, shared=False)(beat)
        task_unknown.connect(self._wonder, weak=False, dispatch_uid=f"unknown to {service}")

    def on(self, *events: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        def register(handle: Handler[E]) -> Handler[E]:
            def task(message: dict[str, object]) -> None:
                if deliver(self._engine(), self._office(), self._service, handle, message) and self._then:
                    self._then()

            for event in events:
                self.handlers[event.name] = handle
                self._app.task(name=event.name, shared=False)(task)
            return handle

        return register

    def _wonder(self, message: Any, name: str, **_: object) -> None:
        """An event that only newer code knows: its publisher keeps it, tries again, and parks it in sight."""
        log.error("event.unknown", event_type=name)
        for envelope in message.payload[0]:
            self._office().refuse(Envelope.model_validate(envelope), self._service, "UnknownEvent")

    def _answer(self, publisher: str, subscriber: str, asked_at: str, heard_until: str | None = None) -> None:
        if heard_until:  # a relay of before 0014 does not say it
            with transaction(self._engine()) as db:
                note_heard(db, publisher, datetime.fromisoformat(heard_until))
        self._office().try_to_post(bus.ANSWERED, subscriber, asked_at, to=publisher)


def beat() -> None:
    """Show the parent process that this worker still consumes."""
    if path := os.environ.get(HEARTBEAT_FILE):
        Path(path).touch()


def prune(db: Database) -> bool:
    """Forget some of what nobody posts again; says whether more may wait."""
    forgotten = db.execute(
        text("""DELETE FROM inbox WHERE event_id IN
                  (SELECT event_id FROM inbox WHERE received_at < now() - :kept LIMIT :most) RETURNING event_id"""),
        {"kept": KEPT_FOR, "most": PRUNED_AT_ONCE},
    )
    return len(forgotten.all()) == PRUNED_AT_ONCE
