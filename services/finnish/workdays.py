"""Which days people work, and where an instant falls on the wall clock of Helsinki (or another zone)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

HELSINKI = ZoneInfo("Europe/Helsinki")
FINLAND = "FI"


def local(instant: datetime, zone: ZoneInfo = HELSINKI) -> datetime:
    """The same instant on the zone's wall clock; a naive one has no place there and is refused."""
    if instant.tzinfo is None:
        raise ValueError("An instant needs its offset from UTC.")
    return instant.astimezone(zone)


def at_wall_clock(day: date, clock: time, zone: ZoneInfo = HELSINKI) -> datetime:
    """The UTC instant at which the zone's clocks show this time (RFC 5545 §3.3.5 where they leap).

    A time that the spring night leaves out moves forward with the clocks: 3.30 becomes 4.30.
    Of the two 3.30 in the autumn night the first is meant, unless `clock.fold` asks for the second.
    """
    if not exists(day, clock, zone):
        clock = clock.replace(fold=0)
    return datetime.combine(day, clock, zone).astimezone(UTC)


def exists(day: date, clock: time, zone: ZoneInfo = HELSINKI) -> bool:
    """Whether the zone's clocks show this time on that day at all."""
    wall = datetime.combine(day, clock, zone)
    there_and_back = wall.astimezone(UTC).astimezone(zone)
    return there_and_back.replace(tzinfo=None) == wall.replace(tzinfo=None)


def same_wall_clock(starts_at: datetime, days: int, zone: ZoneInfo = HELSINKI) -> datetime:
    """The UTC instant some days later (or earlier) at the same time by the clock on the wall."""
    wall = local(starts_at, zone)
    return at_wall_clock(wall.date() + timedelta(days=days), wall.time(), zone)


def is_holiday(day: date, country: str | None = FINLAND) -> bool:
    return holiday_name(day, country) is not None


def holiday_name(day: date, country: str | None = FINLAND) -> str | None:
    """The holiday's Finnish name in lower case; juhannusaatto and jouluaatto count as holidays."""
    return _holidays(country, day.year).get(day) if country else None


def is_working_day(day: date, country: str | None = FINLAND) -> bool:
    """Monday to Friday and no holiday."""
    return day.isoweekday() <= 5 and not is_holiday(day, country)


def working_day_on_or_before(day: date) -> date:
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def previous_working_day(day: date) -> date:
    """The last working day before this day, never the day itself."""
    return working_day_on_or_before(day - timedelta(days=1))


def is_quiet_season(day: date) -> bool:
    """From jouluaatto to loppiainen and in July nobody is asked for answers or reminded of them."""
    return day.month == 7 or (day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 6)


@cache
def _holidays(country: str, year: int) -> Mapping[date, str]:
    # A whole year at once: the library fills its calendar on demand, where a second thread can look into a
    # year half filled. Its category "workday" holds flag days on which everybody works.
    calendar = holidays.country_holidays(country, years=year, categories="public", language="fi")
    return {day: name[0].lower() + name[1:] for day, name in calendar.items()}
