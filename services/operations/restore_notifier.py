"""The notifier after its database came back from a backup: it hears what it missed, and keeps what may have left.

Done while nothing else is at work. The only other place where several services' databases are open at once; an
operator's hand like the rebuild of reporting.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from services.core import clock, database
from services.core.database import Database, transaction
from services.core.errors import OperatorError
from services.events import inbox, outbox
from services.events.subscriptions import PUBLISHERS
from services.notifier.composition import agenda
from services.notifier.delivery import queue
from services.notifier.subscribers import subscriber
from services.notifier.worker import engine

READER = "notifier"
SOURCES = [f"{publisher.upper()}_DATABASE_URL" for publisher, readers in PUBLISHERS.items() if READER in readers]


class MissingSettings(OperatorError):
    """What was told is in the databases of those who told it."""


class NotLostYet(OperatorError):
    """What was lost was lost in the past."""


class Restored(NamedTuple):
    heard: int
    """Events that the backup did not know."""
    doubtful: int
    """Letters that may have left, and are not sent by themselves."""


def restore_notifier(environment: Mapping[str, str], lost_at: datetime | None) -> Restored:
    """Bring a restored notifier up to date, all in one transaction: if it breaks off, nothing has happened.

    ``lost_at`` is when the database that is gone was last at work; the present, where nobody says.
    """
    if missing := [name for name in SOURCES if not environment.get(name)]:
        raise MissingSettings(f"{', '.join(missing)} not set.")
    with transaction(engine()) as db:
        now = clock.now(db)
        lost_at = lost_at or now
        if lost_at > now:
            raise NotLostYet(f"{lost_at.isoformat()} is in the future.")
        heard = sum(receive_missed(db, environment[source], lost_at, now) for source in SOURCES)
        queue.hold_after_restore(db, lost_at, now)
        agenda.skip_agendas(db, lost_at)
        return Restored(heard, queue.count_held_after_restore(db))


def receive_missed(db: Database, publisher_url: str, lost_at: datetime, now: datetime) -> int:
    """Handle the events that this publisher told and the backup does not know, as the days went by.

    What was due before the next event came had left by then, as far as anybody knows.
    """
    with transaction(database.engine(publisher_url, pool_size=1)) as publisher:
        unheard = inbox.unheard(db, outbox.published(publisher, READER))
        for envelope in outbox.envelopes(publisher, unheard):
            queue.hold_after_restore(db, min(envelope.time, lost_at), now)
            inbox.note_received(db, [envelope.id])
            subscriber.handlers[envelope.type](db, [inbox.event_in(db, envelope)])
    return len(unheard)
