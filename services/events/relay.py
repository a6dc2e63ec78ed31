"""The relay: a process that posts open deliveries to Redis and asks each reader whether it is still at work.

Run as ``python -m services.events.relay SERVICE``; any number may run at once.
"""

import importlib
import sys
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine, Row, TextClause, text

from services import ticking
from services.database import Database, transaction
from services.events import bus, outbox
from services.events.subscriptions import PUBLISHERS
from services.log import logger
from services.trace import trace

log = logger(__name__)

BATCH = 100
GLANCE_EVERY = timedelta(milliseconds=25)
"""What an event waits for when nothing else goes on: a glance at what was told just now is one cheap query."""
PING_EVERY = timedelta(seconds=10)

Due = Sequence[Row[Any]]


def glance(engine: Engine, office: bus.PostOffice) -> bool:
    """Post at once what was told just now; all else has its turn more rarely."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        has_news = connection.scalar(outbox.HAS_NEWS)
    return bool(has_news) and relay_batch(engine, office)


def relay_batch(engine: Engine, office: bus.PostOffice) -> bool:
    """Post one batch of deliveries; says whether more may wait. A crash before the commit posts them twice."""
    with transaction(engine) as db:
        due = db.execute(outbox.CLAIM, {"most": BATCH}).all()
        fresh = [row for row in due if row.attempts < outbox.PARKED_AFTER]
        spent = [row for row in due if row.attempts >= outbox.PARKED_AFTER]
        for row in fresh:
            post(office, row)
        mark(db, outbox.POSTED, fresh, first=outbox.FIRST_PAUSE, longest=outbox.LONGEST_PAUSE)
        mark(db, outbox.PARK, spent)
    for row in spent:
        log.error("event.parked", event_id=str(row.event_id), subscriber=row.subscriber)
    return len(due) == BATCH


def post(office: bus.PostOffice, row: Row[Any]) -> None:
    """The thread of whoever caused the event goes on here, and again at its reader."""
    with trace(row.envelope.get("traceparent")):
        office.post_event(row.envelope, to=row.subscriber)
        log.info("event.posted", event_id=str(row.event_id), event_type=row.envelope["type"], subscriber=row.subscriber)


def mark(db: Database, statement: TextClause, rows: Due, **parameters: timedelta) -> None:
    if rows:
        keys = {"events": [row.event_id for row in rows], "subscribers": [row.subscriber for row in rows]}
        db.execute(statement, keys | parameters)


def ping_readers(engine: Engine, office: bus.PostOffice, publisher: str) -> bool:
    """Ask every reader that was not asked lately, whichever relay asked it, and tell it what it has confirmed."""
    with transaction(engine) as db:
        for subscriber in PUBLISHERS[publisher]:
            asked_at = db.execute(
                text("""INSERT INTO pulse (subscriber, asked_at) VALUES (:subscriber, clock_timestamp())
                        ON CONFLICT (subscriber) DO UPDATE SET asked_at = excluded.asked_at
                        WHERE pulse.asked_at IS NULL OR pulse.asked_at < clock_timestamp() - :every
                        RETURNING asked_at"""),
                {"subscriber": subscriber, "every": PING_EVERY},
            ).scalar()
            if asked_at is not None:
                bus.ping(office, publisher, subscriber, asked_at, outbox.heard_until(db, subscriber))
    return False


def prune(engine: Engine) -> bool:
    with transaction(engine) as db:
        return outbox.prune(db)


def jobs(publisher: str, engine: Engine, office: bus.PostOffice) -> list[ticking.Job]:
    return [
        ticking.Job("glance", GLANCE_EVERY, partial(glance, engine, office)),
        ticking.Job("relay", timedelta(milliseconds=250), partial(relay_batch, engine, office)),
        ticking.Job("ping", timedelta(seconds=2), partial(ping_readers, engine, office, publisher)),
        ticking.Job("prune", timedelta(hours=1), partial(prune, engine)),
    ]


def main(publisher: str) -> None:
    worker = importlib.import_module(f"services.{publisher}.worker")
    ticking.serve(f"{publisher}-relay", jobs(publisher, worker.engine(), worker.office()))


if __name__ == "__main__":
    main(sys.argv[1])
