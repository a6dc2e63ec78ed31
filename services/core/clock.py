"""What time it is. The database's clock decides, so that a worker with a wrong clock sends nothing early.

In demo mode a file holds the number of seconds by which the practice has been moved into the future.
"""

import fcntl
import os
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from services.core.database import Database

DEMO_CLOCK_FILE = "DEMO_CLOCK_FILE"
WIDTH = 20


def now(db: Database) -> datetime:
    """The time at which this transaction began, aware and in UTC."""
    began: datetime = db.scalars(BEGAN).one()
    return began.astimezone(UTC) + demo_offset()


BEGAN = text("SELECT now()")


def months_before(instant: datetime, months: int) -> datetime:
    """The same day of the month and time of day so many months earlier; 31.8. less six leads to the end of February."""
    years, month = divmod(instant.month - 1 - months, 12)
    year, month = instant.year + years, month + 1
    return instant.replace(year=year, month=month, day=min(instant.day, monthrange(year, month)[1]))


def demo_offset() -> timedelta:
    path = os.environ.get(DEMO_CLOCK_FILE)
    if not path:
        return timedelta(0)
    try:
        return timedelta(seconds=int(Path(path).read_text() or 0))
    except FileNotFoundError:
        return timedelta(0)


def is_demo() -> bool:
    return bool(os.environ.get(DEMO_CLOCK_FILE))


def advance(seconds: int) -> datetime:
    """Move the practice forward, never backwards, and say what time it is there now.

    Two calls at once may not lose one another's step: the file is locked while it is rewritten. Whoever reads it
    meanwhile sees the old time or the new one, because what is written is never shorter than what was there.
    """
    if seconds < 0:
        raise ValueError("The clock never moves backwards.")
    path = Path(os.environ[DEMO_CLOCK_FILE])
    path.touch(exist_ok=True)
    with path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        offset = int(file.read() or 0) + seconds
        file.seek(0)
        file.write(f"{offset:{WIDTH}}")
    return datetime.now(UTC) + timedelta(seconds=offset)
