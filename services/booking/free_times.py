"""Free times as the pages offer them: day by day, a fortnight of days that have any."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from services.booking import availability, slots
from services.booking.availability import Practice
from services.database import Database
from services.events.catalogue import Form
from services.workdays import local

DAYS_LOOKED_AT = 60
DAYS_SHOWN = 14


@dataclass(frozen=True)
class FreeDay:
    day: date
    starts: list[datetime]


@dataclass(frozen=True)
class FreeTimes:
    """Some days, and the days from which to look for earlier and later ones."""

    days: list[FreeDay]
    earlier_from: date | None
    later_from: date | None


def look(
    db: Database,
    practice: Practice,
    form: Form | None,
    length: timedelta,
    wanted_from: date | None,
    now: datetime,
) -> FreeTimes:
    zone = practice.rules.zone
    today = local(now, zone).date()
    last_of_all = practice.rules.last_day(now)
    first = min(max(wanted_from or today, today), last_of_all)
    last = min(first + timedelta(days=DAYS_LOOKED_AT), last_of_all)
    calendar = availability.calendar(db, practice, first, last, now)
    starts = slots.free_starts(calendar, form, length, first, last, now)
    found = [FreeDay(day, list(times)) for day, times in groupby(starts, key=lambda start: local(start, zone).date())]
    shown = found[:DAYS_SHOWN]
    earlier = max(first - timedelta(days=DAYS_SHOWN), today) if first > today else None
    if len(found) > len(shown):
        return FreeTimes(shown, earlier, found[DAYS_SHOWN].day)
    return FreeTimes(shown, earlier, last + timedelta(days=1) if last < last_of_all else None)
