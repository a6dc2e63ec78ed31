"""What a publisher has still to tell: events staged in the transaction that caused them, one delivery each reader.

A delivery is open until its reader confirms it. `pulse` remembers when each reader was last seen at work.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, MetaData, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.core import clock
from services.core.database import Database
from services.core.sealing import Sealing, carried_by
from services.core.tracing import traceparent
from services.events.catalogue import EVENTS, Envelope, Event
from services.events.sealed_fields import seal_fields
from services.events.subscriptions import subscribers_of

PARKED_AFTER = 8
UNSIGNED = "UnsignedEvent"
UNDER_WAY = 40
"""So many events of one party may be posted and unanswered, so that a long series holds up nobody (decision 21)."""
LOOKED_AT = 1000
"""So many of the oldest take turns; all of a long backlog would take a second to put in order."""
ANSWERED_WITHIN = timedelta(seconds=10)
"""What was neither confirmed nor refused by then no longer counts as under way."""
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
KEPT_FOR = timedelta(days=30)
SEALED_AT_ONCE = 100
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
        Index("open_versions", "subscriber", "aggregate", "version", postgresql_where=text("confirmed_at IS NULL")),
        Index("confirmed_deliveries", "confirmed_at", postgresql_where=text("confirmed_at IS NOT NULL")),
    )


class SubscriberPulse(Outgoing, table=True):
    """When a reader last answered a ping, by the time at which that ping was posted."""

    __tablename__ = "pulse"
    subscriber: str = Field(primary_key=True)
    asked_at: datetime | None = Field(sa_column=Column(DateTime(timezone=True)))
    answered_at: datetime | None = Field(sa_column=Column(DateTime(timezone=True)))


def envelope(source: str, event: Event, occurred_at: datetime, sealing: Sealing | None = None) -> Envelope:
    event_id = uuid4()
    data, sealed = seal_fields(sealing, event, event_id) if sealing else (event.model_dump(mode="json"), {})
    return Envelope(
        id=event_id,
        source=f"/tyonohjaus/{source}",
        type=event.name,
        subject=event.aggregate,
        time=occurred_at,
        traceparent=traceparent(),
        data=data,
        sealed=sealed,
    )


def _enveloped(db: Database, source: str, event: Event, occurred_at: datetime) -> Envelope:
    return envelope(source, event, occurred_at, carried_by(db) if event.confidential else None)


def stage(db: Database, source: str, occurred_at: datetime, events: Sequence[Event]) -> None:
    """Write events and their deliveries in the caller's transaction: one statement, however many events.

    The caller holds the lock on each aggregate while it raises its version, so versions commit in their order.
    """
    if not events:
        return
    enveloped = [(event, _enveloped(db, source, event, occurred_at)) for event in events]
    deliveries = [(letter.id, reader) for event, letter in enveloped for reader in subscribers_of(type(event))]
    db.execute(
        STAGE,
        {
            "ids": [letter.id for _, letter in enveloped],
            "aggregates": [event.aggregate for event, _ in enveloped],
            "versions": [event.version for event, _ in enveloped],
            "envelopes": f"[{','.join(letter.model_dump_json() for _, letter in enveloped)}]",
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

AWAIT_NEW = text("""
    DO $$
    DECLARE
      pause float = CASE
        WHEN EXISTS (SELECT FROM outbox WHERE staged_at > now() - interval '1 min')
          OR EXISTS (SELECT FROM outbox_delivery
            WHERE confirmed_at IS NULL AND parked_at IS NULL AND posted_at > now() - interval '10 s')
        THEN 0.025 ELSE 0.25 END;
      looked_at timestamptz;
    BEGIN
      FOR look IN 1..10 LOOP
        PERFORM pg_sleep(pause);
        looked_at = clock_timestamp();
        EXIT WHEN EXISTS (SELECT FROM outbox_delivery
          WHERE confirmed_at IS NULL AND parked_at IS NULL AND posted_at IS NULL
            AND next_at BETWEEN looked_at - interval '1 s' AND looked_at);
      END LOOP;
    END $$
""")
"""Returns when something was told just now, else after a quarter of a second, in a quiet house after 2.5.

PostgreSQL looks by itself: asked forty times a second by a relay, it cost the two of them a twentieth of a core each.
"""

CLAIM = text("""
    WITH delivery AS NOT MATERIALIZED (
      SELECT d.*, o.position,
        coalesce(o.envelope->'data'->>'supervisor_id', o.envelope->'data'->>'process_id', d.aggregate) AS party
      FROM outbox_delivery d JOIN outbox o USING (event_id)
      WHERE d.confirmed_at IS NULL AND d.parked_at IS NULL
    ), under_way AS (
      SELECT subscriber, party, count(*) AS events FROM delivery
      WHERE posted_at > now() - :answered_within AND last_error IS NULL
      GROUP BY subscriber, party
    ), due AS (
      SELECT d.event_id, d.subscriber, d.party, d.position
      FROM delivery d LEFT JOIN pulse p ON p.subscriber = d.subscriber
      LEFT JOIN under_way u ON (u.subscriber, u.party) = (d.subscriber, d.party)
      WHERE d.next_at <= now() AND (d.posted_at IS NULL OR p.answered_at > d.posted_at)
        AND coalesce(u.events, 0) < :under_way
        AND NOT EXISTS (
          SELECT 1 FROM outbox_delivery earlier
          WHERE earlier.subscriber = d.subscriber AND earlier.aggregate = d.aggregate
            AND earlier.version < d.version AND earlier.confirmed_at IS NULL)
      ORDER BY d.position LIMIT :looked_at
    ), queued AS (
      SELECT *, row_number() OVER (PARTITION BY subscriber, party ORDER BY position) AS place FROM due
    )
    SELECT d.event_id, d.subscriber, d.attempts, o.envelope
    FROM queued q LEFT JOIN under_way u USING (subscriber, party)
    JOIN outbox_delivery d USING (event_id, subscriber) JOIN outbox o USING (event_id)
    WHERE q.place + coalesce(u.events, 0) <= :under_way
    ORDER BY o.position LIMIT :most
    FOR UPDATE OF d SKIP LOCKED
""").bindparams(under_way=UNDER_WAY, answered_within=ANSWERED_WITHIN, looked_at=LOOKED_AT)
"""What is due, in the order of its making, but from each party (a supervisor or a process) only so much at a time."""

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


def post_unsigned_again(db: Database) -> None:
    """What code of before version 0.2 has posted without a signature, and readers would not believe, is due at once."""
    db.execute(
        text("""UPDATE outbox_delivery SET parked_at = NULL, posted_at = NULL, attempts = 0, next_at = now()
                WHERE last_error = :unsigned AND confirmed_at IS NULL"""),
        {"unsigned": UNSIGNED},
    )


def answered(db: Database, subscriber: str, asked_at: datetime) -> None:
    """Readers sign whatever a ping says, also one that somebody else has posted: nothing was answered after now."""
    db.execute(
        text("""INSERT INTO pulse (subscriber, answered_at) VALUES (:subscriber, least(:asked_at, clock_timestamp()))
                ON CONFLICT (subscriber) DO UPDATE
                SET answered_at = greatest(least(pulse.answered_at, clock_timestamp()), excluded.answered_at)"""),
        {"subscriber": subscriber, "asked_at": asked_at},
    )


def heard_until(db: Database, subscriber: str) -> datetime:
    """When, by the practice's clock, the oldest event happened that this reader has not confirmed; else now.

    What is parked, or waits behind what is, does not count: nobody knows how long that will be.
    """
    oldest: datetime | None = db.scalar(OLDEST_UNCONFIRMED, {"subscriber": subscriber})
    return oldest or clock.now(db)


OLDEST_UNCONFIRMED = text("""
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


def published(db: Database, subscriber: str) -> Sequence[UUID]:
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


def stage_again(db: Database, source: str, events: Sequence[Event], subscriber: str) -> list[UUID]:
    """Have the newest state of aggregates delivered to one reader once more; the ids of what it will receive.

    The versions stay what they are, the ids are new: whatever is still under way under the old ones, a message or
    its confirmation, is no answer to this. What this reader has not heard of up to here it need not hear any more.
    """
    enveloped = [(event, _enveloped(db, source, event, datetime.now(UTC))) for event in events]
    rows = db.execute(
        STAGE_AGAIN,
        {
            "ids": [letter.id for _, letter in enveloped],
            "aggregates": [event.aggregate for event, _ in enveloped],
            "versions": [event.version for event, _ in enveloped],
            "envelopes": f"[{','.join(letter.model_dump_json() for _, letter in enveloped)}]",
            "subscriber": subscriber,
        },
    )
    return list(rows.scalars())


STAGE_AGAIN = text("""
    WITH event AS (
        SELECT event_id, aggregate, version, envelope, place, 1 + coalesce(
            (SELECT max(telling) FROM outbox AS o WHERE (o.aggregate, o.version) = (again.aggregate, again.version)),
            0) AS telling
        FROM ROWS FROM (
            unnest(CAST(:ids AS uuid[]), CAST(:aggregates AS text[]), CAST(:versions AS int[])),
            jsonb_array_elements(CAST(:envelopes AS jsonb))
        ) WITH ORDINALITY AS again (event_id, aggregate, version, envelope, place)
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


def forget_subject(db: Database, aggregate: str) -> None:
    """Drop what was ever told of an aggregate, confirmed or not: somebody in it has asked to be forgotten."""
    for table in ("outbox_delivery", "outbox"):
        db.execute(text(f"DELETE FROM {table} WHERE aggregate = :aggregate"), {"aggregate": aggregate})  # noqa: S608


def seal_staged(db: Database) -> bool:
    """Seal some of what version 0.1 staged in the clear; says whether more may wait."""
    types = [name for name, event in EVENTS.items() if event.confidential]
    rows = db.execute(UNSEALED, {"types": types, "most": SEALED_AT_ONCE}).all()
    for event_id, staged in rows:
        data, sealed = seal_fields(carried_by(db), Envelope.model_validate(staged).event(), event_id)
        db.execute(SEAL, {"event_id": event_id, "envelope": json.dumps(staged | {"data": data, "sealed": sealed})})
    return len(rows) == SEALED_AT_ONCE


UNSEALED = text("""
    SELECT event_id, envelope FROM outbox
    WHERE envelope ->> 'type' = ANY (:types) AND NOT jsonb_exists(envelope, 'sealed')
    LIMIT :most FOR UPDATE SKIP LOCKED
""")
SEAL = text("UPDATE outbox SET envelope = CAST(:envelope AS jsonb) WHERE event_id = :event_id")


def prune_outbox(db: Database) -> bool:
    """Forget some of the events that every reader confirmed a month ago; says whether more may wait."""
    limits = {"kept": KEPT_FOR, "most": PRUNED_AT_ONCE}
    return PRUNED_AT_ONCE in [len(db.execute(statement, limits).all()) for statement in PRUNE_OUTBOX]


PRUNE_OUTBOX = (
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
