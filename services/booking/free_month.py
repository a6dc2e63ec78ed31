"""The free times of one month, as a calendar on the wall shows them, and the time that somebody chose from it."""

from calendar import Calendar as Weeks
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import ValidationError

from services.booking import availability, slots
from services.booking.availability import Practice
from services.booking.offers import SlotTaken, TimeNotOffered
from services.booking.shapes import Instant, Wish
from services.database import Database
from services.events.catalogue import Form
from services.web.forms import reasons
from services.web.problems import InvalidRequest, Problem
from services.workdays import local

MonthAsked = Annotated[str, Query(alias="kuukausi", pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$")]
DayAsked = Annotated[date | None, Query(alias="paiva")]

NOT_TO_BE_HAD = (ValidationError, SlotTaken, TimeNotOffered, InvalidRequest)
"""What may be wrong with a time that somebody chose: it may be gone since it was shown to them."""

MONTHS_LOOKED_AT = 3


class TimeWish(Wish):
    """A time that was chosen."""

    starts_at: Instant


@dataclass(frozen=True)
class Day:
    day: date
    starts: list[datetime]


@dataclass(frozen=True)
class FreeMonth:
    """The whole weeks that a month touches, Monday first, and the months beside it in which one can still book."""

    first: date
    weeks: list[list[Day]]
    earlier: date | None
    later: date | None

    @property
    def has_any(self) -> bool:
        return any(day.starts for week in self.weeks for day in week)

    def day(self, wanted: date | None) -> Day | None:
        """That day, if it has any free time."""
        return next((day for week in self.weeks for day in week if day.day == wanted and day.starts), None)


def look(
    db: Database, practice: Practice, form: Form | None, length: timedelta, asked: str, now: datetime
) -> FreeMonth:
    """The month asked for as ``2026-12``; without one, the present month, or the next in which there is a free day."""
    today = local(now, practice.rules.zone).date()
    month = _look_at(db, practice, form, length, _month(asked) or today, now)
    for _ in range(MONTHS_LOOKED_AT - 1):
        if asked or month.has_any or month.later is None:
            break
        month = _look_at(db, practice, form, length, month.later, now)
    return month


def _look_at(
    db: Database, practice: Practice, form: Form | None, length: timedelta, wanted: date, now: datetime
) -> FreeMonth:
    """Never a month that lies before or beyond all booking."""
    today, last_of_all = local(now, practice.rules.zone).date(), practice.rules.last_day(now)
    first = min(max(wanted, today), last_of_all).replace(day=1)
    weeks = Weeks().monthdatescalendar(first.year, first.month)
    begin, end = max(first, today), min(_next(first) - timedelta(days=1), last_of_all)
    calendar = availability.calendar(db, practice, begin, end, now)
    by_day: dict[date, list[datetime]] = defaultdict(list)
    for start in slots.free_starts(calendar, form, length, begin, end, now):
        by_day[local(start, practice.rules.zone).date()].append(start)
    return FreeMonth(
        first,
        [[Day(day, by_day.get(day, [])) for day in week] for week in weeks],
        earlier=(first - timedelta(days=1)).replace(day=1) if first > today else None,
        later=_next(first) if _next(first) <= last_of_all else None,
    )


def instant_in(typed: Mapping[str, str], field: str = "starts_at") -> datetime | None:
    """The time that was chosen in a form, if it is one."""
    try:
        return TimeWish.model_validate({"starts_at": typed.get(field)}).starts_at
    except ValidationError:
        return None


def refusal(refused: ValidationError | Problem) -> tuple[dict[str, str], int]:
    """What a form says beside its fields when the time can't be had, and the status of the page that says it."""
    wrong = {name or "starts_at": reason for name, reason in reasons(refused).items()}
    return wrong, refused.status if isinstance(refused, Problem) else 422


def looked_at(typed: Mapping[str, str]) -> tuple[str, date | None]:
    """The month and the day of the time that was chosen in a form."""
    wanted = instant_in(typed)
    return (f"{local(wanted):%Y-%m}", local(wanted).date()) if wanted else ("", None)


def _month(asked: str) -> date | None:
    return date.fromisoformat(f"{asked}-01") if asked and not asked.startswith("0000") else None


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
