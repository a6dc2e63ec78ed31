"""The free times of one month as a calendar grid, and the time that was chosen from it."""

from calendar import Calendar as Weeks
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import ValidationError

from services.booking.calendar import availability, slots
from services.booking.calendar.offers import SlotTaken, TimeNotOffered
from services.booking.models.sessions import Intake, Session
from services.core.database import Database
from services.events.catalogue import Form
from services.finnish.workdays import local
from services.web.errors.problems import InvalidRequest, Problem
from services.web.pages.forms import reasons
from services.web.protocol.fields import Instant, RequestBody

MonthQuery = Annotated[str, Query(alias="kuukausi", pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$")]
DayQuery = Annotated[date | None, Query(alias="paiva")]

TIME_REFUSALS = (ValidationError, SlotTaken, TimeNotOffered, InvalidRequest)
"""Why a chosen time may be refused: it is no time at all, not offered, or taken since the page was shown."""

LONGEST_SEARCH = timedelta(days=730)
"""The supervisor may book as far ahead as they like, but a month is searched no further than any client may book."""


class TimeChoice(RequestBody):
    """A time that was chosen."""

    starts_at: Instant


@dataclass(frozen=True)
class FreeDay:
    day: date
    starts: list[datetime]


@dataclass(frozen=True)
class FreeMonth:
    """The weeks of a month, Monday first, and the nearest months before and after it that have a free time."""

    first: date
    weeks: list[list[FreeDay]]
    earlier: date | None
    later: date | None

    @property
    def has_any(self) -> bool:
        return any(day.starts for week in self.weeks for day in week)

    def day(self, wanted: date | None) -> FreeDay | None:
        """That day, if it has any free time."""
        return next((day for week in self.weeks for day in week if day.day == wanted and day.starts), None)


def load_free_month(
    db: Database,
    practice: availability.Practice,
    form: Form | None,
    length: timedelta,
    asked: str,
    now: datetime,
    without: UUID | None = None,
    present: datetime | None = None,
) -> FreeMonth:
    """The first month with a free time, not before the one asked for as ``2026-12``, and those around it.

    Months without any are passed over. The session or intake `without` does not stand in its own way; the time
    `present` is not offered.
    """
    zone = practice.rules.zone
    today = local(now, zone).date()
    last = min(practice.rules.last_day(now), today + LONGEST_SEARCH)
    wanted = min(max(_parse_month(asked) or today, today), last).replace(day=1)
    calendar = availability.load_calendar(db, practice, today, last, now, without)
    by_day: dict[date, list[datetime]] = defaultdict(list)
    first, earlier, later = None, None, None
    for start in slots.free_starts(calendar, form, length, today, last, now):
        if start == present:
            continue
        day = local(start, zone).date()
        month = day.replace(day=1)
        if month < wanted:
            earlier = month
        elif first in {None, month}:
            first = month
            by_day[day].append(start)
        else:
            later = month
            break
    first = first or wanted
    weeks = Weeks().monthdatescalendar(first.year, first.month)
    return FreeMonth(first, [[FreeDay(day, by_day.get(day, [])) for day in week] for week in weeks], earlier, later)


def load_month_for_move(
    db: Database,
    practice: availability.Practice,
    form: Form | None,
    meeting: Session | Intake,
    asked: str,
    now: datetime,
) -> FreeMonth:
    """The times to which a session or an intake can be moved."""
    length = meeting.ends_at - meeting.starts_at
    return load_free_month(db, practice, form, length, asked, now, without=meeting.id, present=meeting.starts_at)


def chosen_instant(typed: Mapping[str, str], field: str = "starts_at") -> datetime | None:
    """The time that was chosen in a form, if it is one."""
    try:
        return TimeChoice.model_validate({"starts_at": typed.get(field)}).starts_at
    except ValidationError:
        return None


def reasons_and_status(error: ValidationError | Problem) -> tuple[dict[str, str], int]:
    """What is wrong, by field, and the status of the page that says so."""
    wrong = {name or "starts_at": reason for name, reason in reasons(error).items()}
    return wrong, error.status if isinstance(error, Problem) else 422


def chosen_month_and_day(typed: Mapping[str, str]) -> tuple[str, date | None]:
    """The month and the day of the time that was chosen in a form."""
    wanted = chosen_instant(typed)
    return (f"{local(wanted):%Y-%m}", local(wanted).date()) if wanted else ("", None)


def _parse_month(asked: str) -> date | None:
    return date.fromisoformat(f"{asked}-01") if asked and not asked.startswith("0000") else None
