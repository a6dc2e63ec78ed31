"""How the coming week looks to somebody who wants to book: at which times a meeting could begin."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.booking import availability, slots
from services.booking.availability import Practice
from services.booking.slots import Span
from services.database import Database
from services.events.catalogue import Form
from services.workdays import local

WEEK = 7


@dataclass(frozen=True)
class DayPreview:
    """A day, and from when to when a meeting could begin in it."""

    day: date
    begins: list[Span]


def look(db: Database, practice: Practice, form: Form, length: timedelta, now: datetime) -> list[DayPreview]:
    """The seven days from next Monday on."""
    today = local(now, practice.rules.zone).date()
    monday = today + timedelta(days=WEEK - today.weekday())
    sunday = monday + timedelta(days=WEEK - 1)
    calendar = availability.calendar(db, practice, monday, sunday, now)
    starts = list(slots.free_starts(calendar, form, length, monday, sunday, now))
    days = (monday + timedelta(days=n) for n in range(WEEK))
    zone, step = practice.rules.zone, practice.rules.step
    return [DayPreview(day, _runs((at for at in starts if local(at, zone).date() == day), step)) for day in days]


def _runs(starts: Iterable[datetime], step: timedelta) -> list[Span]:
    """Starts that follow one another step by step, from the first to the last."""
    runs: list[Span] = []
    for start in starts:
        if runs and start - runs[-1].end == step:
            runs[-1] = Span(runs[-1].start, start)
        else:
            runs.append(Span(start, start))
    return runs
