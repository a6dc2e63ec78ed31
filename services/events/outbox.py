"""What a publisher has still to tell: events staged in the transaction that caused them, one delivery each reader.

A delivery is open until its reader confirms it. `pulse` remembers when each reader was last seen at work.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, MetaData, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services import clock
from services.database import Database
from services.events.catalogue import Envelope, Event
from services.events.subscriptions import subscribers_of
from services.trace import traceparent

PARKED_AFTER = 8
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
KEPT_FOR = timedelta(days=30)
PRUNED_AT_ONCE = 5000
"""More might take longer than a statement may."""


class Outgoing(SQLModel, registry=registry()):
    """The tables of this module, in a metadata of their own that each publisher's migrations include."""


metadata: MetaData = Outgoing.metadata


class Staged(Outgoing, table=True):
    """An event that was committed, in the order of its making."""

    __tablename__ = "outbox"
    event_id: UUID = Field(primary_key=True)
    position: int | None = Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False, unique=True))
    aggregate: str
    version: int
    #: one more each time that the same version is told again
    telling: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    envelope: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    staged_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, server_default=text("now()")))

    __table_args__ = (
        Index("one_event_a_telling", "aggregate", "version", "telling", unique=True),
        Index("events_by_age", "staged_at"),
    )


class Delivery(Outgoing, table=True):
    """One event on its way to one reader."""

    __tablename__ = "outbox_delivery"
    event_id: UUID = Field(primary_key=True)
    subscriber: str = Field(primary_key=True)
    aggregate: str
    version: int
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    next_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, server_default=text("now()")))
    posted_at: datetime | None = Field(sa_column=Column(DateTime(timezone=True)))
    confirmed_at: datetime | None = Field(sa_column=Column(DateTime(timezone=True)))
    parked_at: datetime | None = Field(sa_column=Column(DateTime(timezone=True)))
    last_error: str | None = Field(default=None, sa_column=Column(String))

    __table_args__ = (
        Index("open_deliveries", "next_at", postgresql_where=text("confirmed_at IS NULL AND parked_at IS NULL")),
        Index(
            "open_versions",
            "subscriber",
            "aggregate",
            "version",
            postgresql_where=text("confirmed_at IS NULL"),
        ),
        Index("confirmed_deliveries", "confirmed_at", postgresql_where=text("confirmed_at IS NOT NULL")),
    )


class Pulse(Outgoing, table=True):
    """When a reader last answered a ping, by the time at which that ping was posted."""

    __tablename__ = "pulse"
    subscriber: str = Field(primary_key=True)
    asked_at: datetime | None = Field(sa_column=Column(DateTime(timezone=True)))
    answered_at: datetime | None = Field(sa_column=Column(DateTime(timezone=True)))


def envelope(source: str, event: Event, occurred_at: datetime) -> Envelope:
    return Envelope(
        id=uuid4(),
        source=f"/tyonohjaus/{source}",
        type=event.name,
        subject=event.aggregate,
        time=occurred_at,
        traceparent=traceparent(),
        data=event.model_dump(mode="json"),
    )


def stage(db: Database, source: str, occurred_at: datetime, events: Sequence[Event]) -> None:
    """Write events and their deliveries in the caller's transaction: one statement, however many events.

    The caller holds the lock on each aggregate while it raises its version, so versions commit in their order.
    """
    if not events:
        return
    sealed = [(event, envelope(source, event, occurred_at)) for event in events]
    deliveries = [(letter.id, reader) for event, letter in sealed for reader in subscribers_of(type(event))]
    db.execute(
        STAGE,
        {
            "ids": [letter.id for _, letter in sealed],
            "aggregates": [event.aggregate for event, _ in sealed],
            "versions": [event.version for event, _ in sealed],
            "envelopes": f"[{','.join(letter.model_dump_json() for _, letter in sealed)}]",
            "delivered": [event_id for event_id, _ in deliveries],
            "subscribers": [reader for _, reader in deliveries],
        },
    )


STAGE = text("""
    WITH event AS (
        SELECT * FROM ROWS FROM (
            unnest(CAST(:ids AS uuid[]), CAST(:aggregates AS text[]), CAST(:versions AS int[])),
            jsonb_array_elements(CAST(:envelopes AS jsonb))
        ) WITH ORDINALITY AS event (event_id, aggregate, version, envelope, place)
    ), staged AS (
        INSERT INTO outbox (event_id, aggregate, version, envelope)
        SELECT event_id, aggregate, version, envelope FROM event ORDER BY place
    )
    INSERT INTO outbox_delivery (event_id, subscriber, aggregate, version)
    SELECT event_id, subscriber, aggregate, version
    FROM event JOIN unnest(CAST(:delivered AS uuid[]), CAST(:subscribers AS text[])) AS delivery (event_id, subscriber)
    USING (event_id)
""")

HAS_NEWS = text("""
    SELECT EXISTS (SELECT FROM outbox_delivery
      WHERE confirmed_at IS NULL AND parked_at IS NULL AND posted_at IS NULL
        AND next_at BETWEEN now() - interval '1 s' AND now())
""")

CLAIM = text("""
    SELECT d.event_id, d.subscriber, d.attempts, o.envelope
    FROM outbox_delivery d JOIN outbox o USING (event_id)
    LEFT JOIN pulse p ON p.subscriber = d.subscriber
    WHERE d.confirmed_at IS NULL AND d.parked_at IS NULL AND d.next_at <= now()
      AND (d.posted_at IS NULL OR p.answered_at > d.posted_at)
      AND NOT EXISTS (
        SELECT 1 FROM outbox_delivery earlier
        WHERE earlier.subscriber = d.subscriber AND earlier.aggregate = d.aggregate
          AND earlier.version < d.version AND earlier.confirmed_at IS NULL)
    ORDER BY o.position LIMIT :most
    FOR UPDATE OF d SKIP LOCKED
""")

POSTED = text("""
    UPDATE outbox_delivery SET posted_at = clock_timestamp(), attempts = attempts + 1,
      next_at = now() + least(:longest, :first * (1 << least(attempts, 10)))
    WHERE (event_id, subscriber) IN (SELECT * FROM unnest(CAST(:events AS uuid[]), CAST(:subscribers AS text[])))
""")

PARK = text("""
    UPDATE outbox_delivery SET parked_at = now()
    WHERE (event_id, subscriber) IN (SELECT * FROM unnest(CAST(:events AS uuid[]), CAST(:subscribers AS text[])))
""")


def confirm(db: Database, event_id: UUID, subscriber: str) -> None:
    """The reader has done its work: the delivery is closed, also when it had been parked."""
    db.execute(
        text("""UPDATE outbox_delivery SET confirmed_at = now(), parked_at = NULL
                WHERE event_id = :event_id AND subscriber = :subscriber AND confirmed_at IS NULL"""),
        {"event_id": event_id, "subscriber": subscriber},
    )


def refuse(db: Database, event_id: UUID, subscriber: str, error: str) -> None:
    """The reader could not do its work; the kind of error is kept where an operator looks for it."""
    db.execute(
        text("""UPDATE outbox_delivery SET last_error = :error
                WHERE event_id = :event_id AND subscriber = :subscriber AND confirmed_at IS NULL"""),
        {"event_id": event_id, "subscriber": subscriber, "error": error},
    )


def answered(db: Database, subscriber: str, asked_at: datetime) -> None:
    db.execute(
        text("""INSERT INTO pulse (subscriber, answered_at) VALUES (:subscriber, :asked_at)
                ON CONFLICT (subscriber) DO UPDATE
                SET answered_at = greatest(pulse.answered_at, excluded.answered_at)"""),
        {"subscriber": subscriber, "asked_at": asked_at},
    )


def heard_until(db: Database, subscriber: str) -> datetime:
    """When, by the practice's clock, the oldest event happened that this reader has not confirmed; else now.

    What is parked, or waits behind what is, does not count: nobody knows how long that will be.
    """
    oldest: datetime | None = db.scalar(OLDEST_UNHEARD, {"subscriber": subscriber})
    return oldest or clock.now(db)


OLDEST_UNHEARD = text("""
    SELECT min(CAST(o.envelope ->> 'time' AS timestamptz)) FROM outbox_delivery d JOIN outbox o USING (event_id)
    WHERE d.subscriber = :subscriber AND d.confirmed_at IS NULL AND d.parked_at IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM outbox_delivery earlier
        WHERE earlier.subscriber = d.subscriber AND earlier.aggregate = d.aggregate
          AND earlier.version < d.version AND earlier.confirmed_at IS NULL AND earlier.parked_at IS NOT NULL)
""")


def unpark(db: Database) -> int:
    """Give every parked delivery its tries back; returns how many."""
    return len(
        db.execute(
            text("""UPDATE outbox_delivery SET parked_at = NULL, posted_at = NULL, attempts = 0, next_at = now()
                    WHERE parked_at IS NOT NULL AND confirmed_at IS NULL RETURNING event_id""")
        ).all()
    )


def told(db: Database, subscriber: str) -> Sequence[UUID]:
    """Every event that was ever meant for this reader, as far back as they are kept, in the order of their making."""
    return db.scalars(
        text("""SELECT event_id FROM outbox JOIN outbox_delivery USING (event_id)
                WHERE subscriber = :subscriber ORDER BY position"""),
        {"subscriber": subscriber},
    ).all()


def envelopes(db: Database, events: Sequence[UUID]) -> Iterator[Envelope]:
    """These events as they were told, in the order of their making."""
    staged = db.scalars(
        text("SELECT envelope FROM outbox WHERE event_id = ANY(:events) ORDER BY position"),
        {"events": events},
        execution_options={"yield_per": 100},
    )
    return map(Envelope.model_validate, staged)


def tell_again(db: Database, source: str, events: Sequence[Event], subscriber: str) -> list[UUID]:
    """Have the newest state of aggregates delivered to one reader once more; the ids of what it will receive.

    The versions stay what they are, the ids are new: whatever is still under way under the old ones, a message or
    its confirmation, is no answer to this. What this reader has not heard of up to here it need not hear any more.
    """
    sealed = [(event, envelope(source, event, datetime.now(UTC))) for event in events]
    rows = db.execute(
        TELL_AGAIN,
        {
            "ids": [letter.id for _, letter in sealed],
            "aggregates": [event.aggregate for event, _ in sealed],
            "versions": [event.version for event, _ in sealed],
            "envelopes": f"[{','.join(letter.model_dump_json() for _, letter in sealed)}]",
            "subscriber": subscriber,
        },
    )
    return list(rows.scalars())


TELL_AGAIN = text("""
    WITH event AS (
        SELECT event_id, aggregate, version, envelope, place, 1 + coalesce(
            (SELECT max(telling) FROM outbox WHERE (outbox.aggregate, outbox.version) = (told.aggregate, told.version)),
            0) AS telling
        FROM ROWS FROM (
            unnest(CAST(:ids AS uuid[]), CAST(:aggregates AS text[]), CAST(:versions AS int[])),
            jsonb_array_elements(CAST(:envelopes AS jsonb))
        ) WITH ORDINALITY AS told (event_id, aggregate, version, envelope, place)
    ), superseded AS (
        DELETE FROM outbox_delivery USING event
        WHERE outbox_delivery.subscriber = :subscriber AND outbox_delivery.confirmed_at IS NULL
          AND outbox_delivery.aggregate = event.aggregate AND outbox_delivery.version <= event.version
    ), staged AS (
        INSERT INTO outbox (event_id, aggregate, version, telling, envelope)
        SELECT event_id, aggregate, version, telling, envelope FROM event ORDER BY place
    )
    INSERT INTO outbox_delivery (event_id, subscriber, aggregate, version)
    SELECT event_id, :subscriber, aggregate, version FROM event
    RETURNING event_id
""")


def forget(db: Database, aggregate: str) -> None:
    """Drop what was ever told of an aggregate, confirmed or not: somebody in it has asked to be forgotten."""
    for table in ("outbox_delivery", "outbox"):
        db.execute(text(f"DELETE FROM {table} WHERE aggregate = :aggregate"), {"aggregate": aggregate})  # noqa: S608


def prune(db: Database) -> bool:
    """Forget some of the events that every reader confirmed a month ago; says whether more may wait."""
    limits = {"kept": KEPT_FOR, "most": PRUNED_AT_ONCE}
    return PRUNED_AT_ONCE in [len(db.execute(statement, limits).all()) for statement in PRUNE]


PRUNE = (
    text("""
        DELETE FROM outbox_delivery WHERE (event_id, subscriber) IN (
            SELECT event_id, subscriber FROM outbox_delivery WHERE confirmed_at < now() - :kept LIMIT :most)
        RETURNING event_id
    """),
    text("""
        DELETE FROM outbox WHERE event_id IN (
            SELECT event_id FROM outbox WHERE staged_at < now() - :kept
              AND NOT EXISTS (SELECT 1 FROM outbox_delivery WHERE outbox_delivery.event_id = outbox.event_id)
            LIMIT :most)
        RETURNING event_id
    """),
)
