"""The days of the demo's story: reckoned backwards from today, so that it ends in the present on whatever day it is."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice

from services.finnish.workdays import at_wall_clock, is_quiet_season, is_working_day

WEDNESDAY = 3
WEEKS_BETWEEN = 2
MEETINGS_SO_FAR, MEETINGS_TO_COME = 11, 3
NEWEST_IS_OVER_FOR = timedelta(days=5)
FIRST_TALK_BEFORE = timedelta(days=16)

_RHYTHM = timedelta(weeks=WEEKS_BETWEEN)


def meeting_days(today: date) -> list[date]:
    """Every second Wednesday or so, but no holiday and none in July or at Christmas: eleven of them are past."""
    newest = today - NEWEST_IS_OVER_FOR
    while newest.isoweekday() != WEDNESDAY:
        newest -= timedelta(days=1)
    past = list(islice(_suitable(newest, -_RHYTHM), MEETINGS_SO_FAR))[::-1]
    coming = (day for day in _suitable(past[-1] + _RHYTHM, _RHYTHM) if day > today)
    return past + list(islice(coming, MEETINGS_TO_COME))


def _suitable(day: date, step: timedelta) -> Iterator[date]:
    """From this day on; instead of a day that does not suit, one a week later (or earlier)."""
    while True:
        if is_working_day(day) and not is_quiet_season(day):
            yield day
            day += step
        else:
            day += step / WEEKS_BETWEEN


def next_working_day(day: date) -> date:
    day += timedelta(days=1)
    return day if is_working_day(day) else next_working_day(day)


def first_morning(today: date) -> datetime:
    """When the story begins."""
    return at_wall_clock(meeting_days(today)[0] - FIRST_TALK_BEFORE, time(7))


def series(days: Sequence[date]) -> list[list[date]]:
    """The days in as few series as possible."""
    found: list[list[date]] = []
    for day in days:
        if found and day - found[-1][-1] == _RHYTHM:
            found[-1].append(day)
        else:
            found.append([day])
    return found
