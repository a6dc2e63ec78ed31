"""Reporting made anew: what it was told is emptied, and booking tells its present state again.

The only place where two services' databases are open at once; an operator's hand, never a running service.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from sqlalchemy import Engine

from services.booking.lifecycle import republishing
from services.core import database
from services.core.database import Database, transaction
from services.core.encryption import encryption_of
from services.core.errors import OperatorError
from services.core.sealing import carrying, sealing_of
from services.events.catalogue import Event
from services.reporting.projections import rebuild

NEEDED = ("BOOKING_DATABASE_URL", "REPORTING_DATABASE_URL", "NOTES_KEY", "BOOKING_REPORTING_KEY")
READER = "reporting"

Chapter = Callable[[Database], Iterable[Event]]


class MissingAddress(OperatorError):
    """A rebuild needs to reach both databases, to open summaries, and to seal them for reporting."""


class UnderWay(OperatorError):
    """Somebody else rebuilds reporting at this moment."""


def rebuild_reporting(environment: Mapping[str, str]) -> int:
    """Empty reporting and have booking tell it everything again; returns how many events are on their way.

    If this breaks off, reporting goes on waiting, makes no report and says so in /readyz: it is run once more.
    """
    if missing := [name for name in NEEDED if not environment.get(name)]:
        raise MissingAddress(f"{', '.join(missing)} not set.")
    booking = database.engine(environment["BOOKING_DATABASE_URL"], pool_size=1)
    carrying(booking, sealing_of("booking", environment["NOTES_KEY"], {READER: environment["BOOKING_REPORTING_KEY"]}))
    reporting = database.engine(environment["REPORTING_DATABASE_URL"], pool_size=2)
    with rebuild.exclusive_rebuild(reporting) as alone:
        if not alone:
            raise UnderWay("another rebuild is under way.")
        return _rebuild(booking, reporting, environment["NOTES_KEY"])


def _rebuild(booking: Engine, reporting: Engine, notes_key: str) -> int:
    with transaction(reporting) as db:
        rebuild.begin_rebuild(db)
    with transaction(booking) as source:
        processes = republishing.process_ids(source)
    opened = encryption_of(notes_key)
    of_process = partial(republishing.process_events, encryption=opened)
    chapters: list[Chapter] = [republishing.practice_events, republishing.supervisor_events]
    chapters += (partial(of_process, process_id=process_id) for process_id in processes)
    count = sum(_republish(booking, reporting, chapter) for chapter in chapters)
    with transaction(reporting) as db:
        rebuild.end_rebuild(db)
    return count


def _republish(booking: Engine, reporting: Engine, chapter: Chapter) -> int:
    """Reporting commits first, and knows then what to wait for."""
    with transaction(booking) as source:
        event_ids = republishing.republish(source, chapter(source), READER)
        with transaction(reporting) as db:
            rebuild.expect_events(db, event_ids)
    return len(event_ids)
