"""The relay: a process that posts open deliveries to Redis and asks each reader whether it is still at work.

Run as ``python -m services.events.relay SERVICE``; any number may run at once.
"""

import importlib
import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine, Row, TextClause, text

from services.core import clock, periodic
from services.core.database import Database, transaction
from services.core.logs import logger
from services.core.tracing import trace
from services.events import bus, outbox
from services.events.sealed_fields import for_reader
from services.events.subscriptions import PUBLISHERS

log = logger(__name__)

BATCH = 100
PING_EVERY, PING_EVERY_IN_DEMO = timedelta(seconds=10), timedelta(seconds=1)
"""An agenda waits until the notifier has heard everything; in a demo half a year passes in a minute."""

Due = Sequence[Row[Any]]


def relay_next(engine: Engine, poster: bus.EventPoster) -> bool:
    """Wait a little for what is told just now, and post what is due."""
    await_new(engine)
    return relay_batch(engine, poster)


def await_new(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(outbox.AWAIT_NEW)


def relay_batch(engine: Engine, poster: bus.EventPoster) -> bool:
    """Post one batch of deliveries; says whether more may wait. A crash before the commit posts them twice."""
    with transaction(engine) as db:
        due = db.execute(outbox.CLAIM, {"most": BATCH}).all()
        fresh = [row for row in due if row.attempts < outbox.PARKED_AFTER]
        spent = [row for row in due if row.attempts >= outbox.PARKED_AFTER]
        for rows in by_deed(fresh):
            post(poster, rows)
        mark_posted(db, outbox.POSTED, fresh, first=outbox.FIRST_PAUSE, longest=outbox.LONGEST_PAUSE)
        mark_posted(db, outbox.PARK, spent)
    for row in spent:
        log.error("event.parked", event_id=str(row.event_id), subscriber=row.subscriber)
    return len(due) == BATCH


def by_deed(rows: Due) -> Iterable[Due]:
    """What one deed caused, to be posted to a reader in one message; what is posted again goes alone."""
    deeds: dict[object, list[Row[Any]]] = {}
    for row in rows:
        batch = row.envelope["data"].get("batch")
        deed = (row.envelope["type"], batch["id"]) if batch and not row.attempts else row.event_id
        deeds.setdefault((row.subscriber, deed), []).append(row)
    return deeds.values()


def post(poster: bus.EventPoster, rows: Due) -> None:
    """The thread of whoever caused the events goes on here, and again at their reader."""
    with trace(rows[0].envelope.get("traceparent")):
        poster.post_events([for_reader(row.envelope, row.subscriber) for row in rows], to=rows[0].subscriber)
        for row in rows:
            posted = {"event_id": str(row.event_id), "event_type": row.envelope["type"]}
            log.info("event.posted", **posted, subscriber=row.subscriber)


def mark_posted(db: Database, statement: TextClause, rows: Due, **parameters: timedelta) -> None:
    if rows:
        keys = {"events": [row.event_id for row in rows], "subscribers": [row.subscriber for row in rows]}
        db.execute(statement, keys | parameters)


def ping_every() -> timedelta:
    return PING_EVERY_IN_DEMO if clock.is_demo() else PING_EVERY


def ping_readers(engine: Engine, poster: bus.EventPoster, publisher: str) -> bool:
    """Ask every reader that was not asked lately, whichever relay asked it, and tell it what it has confirmed."""
    with transaction(engine) as db:
        for subscriber in PUBLISHERS[publisher]:
            asked_at = db.execute(
                text("""INSERT INTO pulse (subscriber, asked_at) VALUES (:subscriber, clock_timestamp())
                        ON CONFLICT (subscriber) DO UPDATE SET asked_at = excluded.asked_at
                        WHERE pulse.asked_at IS NULL OR pulse.asked_at < clock_timestamp() - :every
                        RETURNING asked_at"""),
                {"subscriber": subscriber, "every": ping_every()},
            ).scalar()
            if asked_at is not None:
                bus.ping(poster, publisher, subscriber, asked_at, outbox.heard_until(db, subscriber))
    return False


def prune_batch(engine: Engine) -> bool:
    with transaction(engine) as db:
        return outbox.prune_outbox(db)


def post_unsigned_again(engine: Engine) -> bool:
    with transaction(engine) as db:
        outbox.post_unsigned_again(db)
    return False


def seal_staged(engine: Engine) -> bool:
    with transaction(engine) as db:
        return outbox.seal_staged(db)


def jobs(publisher: str, engine: Engine, poster: bus.EventPoster) -> list[periodic.Job]:
    return [
        periodic.Job("seal", timedelta(hours=1), partial(seal_staged, engine)),
        periodic.Job("post-again", timedelta(days=1), partial(post_unsigned_again, engine)),
        periodic.Job("relay", timedelta(0), partial(relay_next, engine, poster)),
        periodic.Job("ping", ping_every() / 2, partial(ping_readers, engine, poster, publisher)),
        periodic.Job("prune", timedelta(hours=1), partial(prune_batch, engine)),
    ]


def main() -> None:
    publisher = sys.argv[1]
    worker = importlib.import_module(f"services.{publisher}.worker")
    periodic.serve(f"{publisher}-relay", jobs(publisher, worker.engine(), worker.poster()))


if __name__ == "__main__":
    main()
