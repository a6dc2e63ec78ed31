"""Reporting made anew: what it was told is emptied, and booking tells its present state again.

The only place where two services' databases are open at once; an operator's hand, never a running service.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from sqlalchemy import Engine

from services import database
from services.booking import reposting
from services.booking.safe import safe
from services.database import Database, transaction
from services.events.catalogue import Event
from services.local.trouble import Trouble
from services.reporting import rebuilding

NEEDED = ("BOOKING_DATABASE_URL", "REPORTING_DATABASE_URL", "NOTES_KEY")
READER = "reporting"

Chapter = Callable[[Database], Iterable[Event]]


class NotToldWhere(Trouble):
    """A rebuild needs to reach both databases and to open summaries."""


class UnderWay(Trouble):
    """Somebody else rebuilds reporting at this moment."""


def rebuild_reporting(environment: Mapping[str, str]) -> int:
    """Empty reporting and have booking tell it everything again; returns how many events are on their way.

    If this breaks off, reporting goes on waiting, makes no report and says so in /readyz: it is run once more.
    """
    if missing := [name for name in NEEDED if not environment.get(name)]:
        raise NotToldWhere(f"{', '.join(missing)} not set.")
    booking = database.engine(environment["BOOKING_DATABASE_URL"], pool_size=1)
    reporting = database.engine(environment["REPORTING_DATABASE_URL"], pool_size=2)
    with rebuilding.alone(reporting) as alone:
        if not alone:
            raise UnderWay("another rebuild is under way.")
        return _rebuild(booking, reporting, environment["NOTES_KEY"])


def _rebuild(booking: Engine, reporting: Engine, notes_key: str) -> int:
    with transaction(reporting) as db:
        rebuilding.begin(db)
    with transaction(booking) as source:
        processes = reposting.process_ids(source)
    opened = safe(notes_key)
    chapters: list[Chapter] = [reposting.supervisors]
    chapters += (partial(reposting.process, safe=opened, process_id=process_id) for process_id in processes)
    told = sum(_tell(booking, reporting, chapter) for chapter in chapters)
    with transaction(reporting) as db:
        rebuilding.end(db)
    return told


def _tell(booking: Engine, reporting: Engine, chapter: Chapter) -> int:
    """Reporting commits first, and knows then what to wait for."""
    with transaction(booking) as source:
        told = reposting.tell(source, chapter(source), READER)
        with transaction(reporting) as db:
            rebuilding.expect(db, told)
    return len(told)
