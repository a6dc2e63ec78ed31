"""A week as a grid: hours down, days across. Nothing here reads a database or a clock.

Places are counted in quarters of an hour by the clock on the wall, so that ten o'clock is as far down on every day,
also on the days that have 23 or 25 hours.
"""

from dataclasses import dataclass
from datetime import date, datetime
from math import ceil

from services.booking.slots import Span
from services.booking.week import Day, Entry, Week
from services.workdays import local

QUARTERS_A_DAY = 96
QUARTERS_AN_HOUR = 4
USUAL = (8, 16)
MOST_LANES = 4


@dataclass(frozen=True)
class Rows:
    """How far down something begins, and how many quarters of an hour it takes."""

    first: int
    count: int

    @property
    def last(self) -> int:
        return self.first + self.count

    def meets(self, other: "Rows") -> bool:
        return self.first < other.last and other.first < self.last


@dataclass(frozen=True)
class Placed:
    """Something in a day's column. What has no rows lies outside the hours that the grid shows."""

    entry: Entry
    rows: Rows | None
    lane: int
    is_alone: bool


@dataclass(frozen=True)
class Column:
    day: Day
    opening: list[Rows]
    placed: list[Placed]
    lanes: int
    now: int | None


@dataclass(frozen=True)
class Grid:
    hours: range
    columns: list[Column]
    is_free_at_weekends: bool


def lay_out(week: Week, now: datetime) -> Grid:
    hours = _hours(week)
    columns = [_column(day, hours, now) for day in week.days]
    return Grid(hours, columns, not any(column.placed or column.opening for column in columns[5:]))


def _hours(week: Week) -> range:
    """The usual hours, and all that begins and ends within a day."""
    rows = [
        _rows(span, day.day)
        for day in week.days
        for span in (*day.opening, *(entry.span for entry in day.entries))
        if day.span.start < span.start and span.end < day.span.end
    ]
    first = min([row.first // QUARTERS_AN_HOUR for row in rows] + [USUAL[0]])
    last = max([ceil(row.last / QUARTERS_AN_HOUR) for row in rows] + [USUAL[1]])
    return range(first, last)


def _column(day: Day, hours: range, now: datetime) -> Column:
    placed: list[Placed] = []
    shown = {index: _shown(entry.span, day, hours) for index, entry in enumerate(day.entries)}
    for index, entry in enumerate(day.entries):
        rows = shown[index]
        others = [other for place, other in shown.items() if place != index and rows and other and rows.meets(other)]
        taken = {before.lane for before in placed if rows and before.rows and rows.meets(before.rows)}
        lane = min(next(free for free in range(1, len(placed) + 2) if free not in taken), MOST_LANES)
        placed.append(Placed(entry, rows, lane, is_alone=not others))
    opening = [rows for span in day.opening if (rows := _shown(span, day, hours))]
    lanes = max([one.lane for one in placed], default=1)
    line = _shown(Span(now, now), day, hours) if day.span.start <= now < day.span.end else None
    return Column(day, opening, placed, lanes, line.first if line else None)


def _shown(span: Span, day: Day, hours: range) -> Rows | None:
    """The part of the rows that the grid shows, counted from its top."""
    rows = _rows(span, day.day)
    top, bottom = hours.start * QUARTERS_AN_HOUR, hours.stop * QUARTERS_AN_HOUR
    first, last = max(rows.first, top), min(rows.last, bottom)
    return Rows(first - top, last - first) if first < last else None


def _rows(span: Span, day: date) -> Rows:
    first = int(_quarters(span.start, day))
    return Rows(first, max(ceil(_quarters(span.end, day)) - first, 1))


def _quarters(instant: datetime, day: date) -> float:
    """How far down the day an instant is; before it is its top, after it its end."""
    wall = local(instant)
    if wall.date() != day:
        return 0 if wall.date() < day else QUARTERS_A_DAY
    return wall.hour * QUARTERS_AN_HOUR + wall.minute / 15
