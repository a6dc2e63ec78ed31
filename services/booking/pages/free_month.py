"""The free times of one month as a calendar grid, and the time that was chosen from it."""

from calendar import Calendar as Weeks
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Self
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

MONTHS_SEARCHED = 3


class TimeChoice(RequestBody):
    """A time that was chosen."""

    starts_at: Instant


@dataclass(frozen=True)
class FreeDay:
    day: date
    starts: list[datetime]


@dataclass(frozen=True)
class FreeMonth:
    """The weeks of a month, Monday first, and the months before and after it if one can book in them."""

    first: date
    weeks: list[list[FreeDay]]
    earlier: date | None
    later: date | None

    @property
    def has_any(self) -> bool:
        return any(day.starts for week in self.weeks for day in week)

    def but_for(self, taken: datetime) -> Self:
        """Without this one time."""
        weeks = [
            [FreeDay(day.day, [start for start in day.starts if start != taken]) for day in week] for week in self.weeks
        ]
        return replace(self, weeks=weeks)

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
) -> FreeMonth:
    """The month asked for as ``2026-12``; without one, the current month or the next one that has a free day."""
    today = local(now, practice.rules.zone).date()
    month = _load_month(db, practice, form, length, _parse_month(asked) or today, now, without)
    for _ in range(MONTHS_SEARCHED - 1):
        if asked or month.has_any or month.later is None:
            break
        month = _load_month(db, practice, form, length, month.later, now, without)
    return month


def load_month_for_move(
    db: Database,
    practice: availability.Practice,
    form: Form | None,
    meeting: Session | Intake,
    asked: str,
    now: datetime,
) -> FreeMonth:
    """The times to which a session or an intake can be moved: it does not stand in its own way."""
    length = meeting.ends_at - meeting.starts_at
    month = load_free_month(db, practice, form, length, asked, now, without=meeting.id)
    return month.but_for(meeting.starts_at)


def _load_month(
    db: Database,
    practice: availability.Practice,
    form: Form | None,
    length: timedelta,
    wanted: date,
    now: datetime,
    without: UUID | None,
) -> FreeMonth:
    """The wanted month, or the nearest one in which booking is possible."""
    today, last_day = local(now, practice.rules.zone).date(), practice.rules.last_day(now)
    first = min(max(wanted, today), last_day).replace(day=1)
    weeks = Weeks().monthdatescalendar(first.year, first.month)
    begin, end = max(first, today), min(_next_month(first) - timedelta(days=1), last_day)
    calendar = availability.load_calendar(db, practice, begin, end, now, without)
    by_day: dict[date, list[datetime]] = defaultdict(list)
    for start in slots.free_starts(calendar, form, length, begin, end, now):
        by_day[local(start, practice.rules.zone).date()].append(start)
    return FreeMonth(
        first,
        [[FreeDay(day, by_day.get(day, [])) for day in week] for week in weeks],
        earlier=(first - timedelta(days=1)).replace(day=1) if first > today else None,
        later=_next_month(first) if _next_month(first) <= last_day else None,
    )


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


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
