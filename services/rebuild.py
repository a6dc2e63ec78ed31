"""Reporting made anew from nothing: what it was told is emptied, and booking tells its present state again.

The only place where two services' databases are open at once; an operator's hand, never a running service.
"""

import os

from services import database
from services.booking import reposting
from services.booking.safe import safe
from services.database import transaction
from services.local.trouble import Trouble
from services.reporting import rebuilding

NEEDED = ("BOOKING_DATABASE_URL", "REPORTING_DATABASE_URL", "NOTES_KEY")


class NotToldWhere(Trouble):
    """A rebuild needs to reach both databases and to open summaries."""


def rebuild_reporting() -> int:
    """Empty reporting and have booking tell it everything again; returns how many events are on their way.

    Reporting commits first and knows then what to wait for. If booking fails after that, reporting makes no report,
    says so in /readyz, and the command is run once more.
    """
    if missing := [name for name in NEEDED if not os.environ.get(name)]:
        raise NotToldWhere(f"{', '.join(missing)} not set.")
    booking = database.engine(os.environ["BOOKING_DATABASE_URL"], pool_size=1)
    reporting = database.engine(os.environ["REPORTING_DATABASE_URL"], pool_size=1)
    with transaction(booking) as source:
        told = reposting.repost(source, safe(os.environ["NOTES_KEY"]), "reporting")
        with transaction(reporting) as db:
            rebuilding.empty(db, told)
    return len(told)
