"""What a reader does with an event: its work once, in one transaction, and a confirmation every time it comes.

An event that cannot be handled is refused, not raised: the publisher keeps it, tries again, and parks it in sight.
The events of one deed come in one message and take effect in one transaction, or one by one if one of them can't.
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

from services.core.database import Database, transaction
from services.core.logs import logger
from services.core.sealing import carried_by
from services.core.tracing import trace
from services.events import bus, outbox
from services.events.catalogue import Envelope, Event
from services.events.sealed_fields import open_event
from services.events.subscriptions import PUBLISHERS

log = logger(__name__)

KEPT_FOR = timedelta(days=90)  # longer than any publisher keeps an event that it could post again
PRUNED_AT_ONCE = 5000
HEARTBEAT_FILE = "HEARTBEAT_FILE"

E = TypeVar("E", bound=Event)
Handler = Callable[[Database, E], None]
DeedHandler = Callable[[Database, Sequence[E]], None]


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


class HeardUntil(Incoming, table=True):
    """Until when, by the practice's clock, the effect of everything that a publisher told is in this database."""

    __tablename__ = "heard"
    publisher: str = Field(primary_key=True)
    until: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


def note_received(db: Database, event_ids: Sequence[UUID]) -> set[UUID]:
    """Note events as received, and say which are so for the first time; a twin handled at this moment is waited for."""
    noted = text("INSERT INTO inbox (event_id) SELECT unnest(:ids) ON CONFLICT DO NOTHING RETURNING event_id")
    return set(db.scalars(noted, {"ids": list(event_ids)}))


def note_heard(db: Database, publisher: str, until: datetime) -> None:
    """Pings may overtake one another; what has been heard once stays so."""
    db.execute(
        text("""INSERT INTO heard (publisher, until) VALUES (:publisher, :until)
                ON CONFLICT (publisher) DO UPDATE SET until = greatest(heard.until, excluded.until)"""),
        {"publisher": publisher, "until": until},
    )


def unheard(db: Database, event_ids: Sequence[UUID]) -> Sequence[UUID]:
    """Those of the events, in their order, whose effect is not in this database."""
    heard = set(db.scalars(text("SELECT event_id FROM inbox WHERE event_id = ANY(:ids)"), {"ids": event_ids}))
    return [event_id for event_id in event_ids if event_id not in heard]


def receive(engine: Engine, handle: DeedHandler[E], envelopes: Sequence[Envelope]) -> bool:
    """Handle events in one transaction, but for those that have been; says whether there were any."""
    with transaction(engine) as db:
        new = note_received(db, [envelope.id for envelope in envelopes])
        events = [cast(E, event_in(db, envelope)) for envelope in envelopes if envelope.id in new]
        if events:
            handle(db, events)
        return bool(events)


def event_in(db: Database, envelope: Envelope) -> Event:
    """The event with its sealed fields, which this reader's keys open."""
    return open_event(carried_by(db), bus.publisher_of(envelope), envelope) if envelope.sealed else envelope.event()


def deliver(
    engine: Engine,
    poster: bus.EventPoster,
    subscriber: str,
    handle: DeedHandler[E],
    messages: Sequence[dict[str, object]],
) -> bool:
    """Receive and confirm; what fails is refused with the kind of its error. Says whether there is new work.

    What its publisher did not sign is not handled. It may be an event of code from before version 0.2: then the
    publisher keeps it, and its relay of today posts it again.
    """
    envelopes = [Envelope.model_validate(message) for message in messages]
    with trace(envelopes[0].traceparent):
        if is_signed(poster, subscriber, envelopes, messages):
            return take(engine, poster, subscriber, handle, envelopes)
        for envelope in envelopes:
            log.error("event.unsigned", event_id=str(envelope.id), event_type=envelope.type)
            poster.refuse(envelope, subscriber, outbox.UNSIGNED)
        return False


def take(
    engine: Engine, poster: bus.EventPoster, subscriber: str, handle: DeedHandler[E], envelopes: Sequence[Envelope]
) -> bool:
    """Together, or one by one if they can't take effect together."""
    try:
        new = receive(engine, handle, envelopes)
    except Exception as error:
        if len(envelopes) > 1:
            log.warning("events.one_by_one", events=len(envelopes), kind=type(error).__name__)
            return True in [take(engine, poster, subscriber, handle, [envelope]) for envelope in envelopes]
        (envelope,) = envelopes
        log.exception("event.refused", event_id=str(envelope.id), event_type=envelope.type)
        poster.refuse(envelope, subscriber, type(error).__name__)
        return False
    for envelope in envelopes:
        log.info("event.handled", event_id=str(envelope.id), event_type=envelope.type, new=new)
        poster.confirm(envelope, subscriber)
    return new


def is_signed(
    poster: bus.EventPoster, subscriber: str, envelopes: Sequence[Envelope], messages: Sequence[dict[str, object]]
) -> bool:
    """Whether one publisher, whom they all name, signed this message for us."""
    publisher, *others = {bus.publisher_of(envelope) for envelope in envelopes}
    is_ours = not others and subscriber in PUBLISHERS.get(publisher, ())
    return is_ours and bus.is_from(publisher, poster.signatures, *messages)


class Subscriber:
    """Ties functions to events as Celery tasks of one service.

    `engine` and `poster` are called at the first event, in the pool's child process, never before the fork.
    `then` is called after each message that left new work behind.
    """

    def __init__(
        self,
        app: Celery,
        service: str,
        engine: Callable[[], Engine],
        poster: Callable[[], bus.EventPoster],
        then: Callable[[], None] | None = None,
    ) -> None:
        self._app, self._service, self._engine, self._poster, self._then = app, service, engine, poster, then
        self.handlers: dict[str, DeedHandler[Any]] = {}
        app.task(name=bus.PING, shared=False)(self._answer)
        app.task(name=bus.HEARTBEAT, shared=False)(answer_heartbeat)
        task_unknown.connect(self._wonder, weak=False, dispatch_uid=f"unknown to {service}")

    def on(self, *events: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        """What is done at each of these events."""

        def register(handle: Handler[E]) -> Handler[E]:
            def handle_each(db: Database, told: Sequence[E]) -> None:
                for event in told:
                    handle(db, event)

            self._register(events, handle_each)
            return handle

        return register

    def on_deeds(self, *events: type[E]) -> Callable[[DeedHandler[E]], DeedHandler[E]]:
        """What is done once for all of these events that one deed caused."""

        def register(handle: DeedHandler[E]) -> DeedHandler[E]:
            self._register(events, handle)
            return handle

        return register

    def _register(self, events: Sequence[type[E]], handle: DeedHandler[E]) -> None:
        def task(*messages: dict[str, object]) -> None:
            if deliver(self._engine(), self._poster(), self._service, handle, messages) and self._then:
                self._then()

        for event in events:
            self.handlers[event.name] = handle
            self._app.task(name=event.name, shared=False)(task)

    def _wonder(self, message: Any, name: str, **_: object) -> None:
        """An event that only newer code knows: its publisher keeps it, tries again, and parks it in sight."""
        log.error("event.unknown", event_type=name)
        for envelope in message.payload[0]:
            self._poster().refuse(Envelope.model_validate(envelope), self._service, "UnknownEvent")

    def _answer(self, publisher: str, subscriber: str, asked_at: str, heard_until: str | None = None) -> None:
        told = bus.is_from(publisher, self._poster().signatures, publisher, subscriber, asked_at, heard_until)
        if heard_until and told:  # a relay of before 0014 does not say it, one of before version 0.2 does not sign
            with transaction(self._engine()) as db:
                note_heard(db, publisher, datetime.fromisoformat(heard_until))
        if self._poster().signatures.knows(publisher):
            self._poster().try_to_post(bus.ANSWERED, subscriber, asked_at, to=publisher)


def answer_heartbeat() -> None:
    """Show the parent process that this worker still consumes."""
    if path := os.environ.get(HEARTBEAT_FILE):
        Path(path).touch()


def prune_inbox(db: Database) -> bool:
    """Forget some of what nobody posts again; says whether more may wait."""
    forgotten = db.execute(
        text("""DELETE FROM inbox WHERE event_id IN
                  (SELECT event_id FROM inbox WHERE received_at < now() - :kept LIMIT :most) RETURNING event_id"""),
        {"kept": KEPT_FOR, "most": PRUNED_AT_ONCE},
    )
    return len(forgotten.all()) == PRUNED_AT_ONCE
