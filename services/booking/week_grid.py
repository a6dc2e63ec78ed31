"""A week as a grid: hours down, days across. Nothing here reads a database or a clock.

Places are counted in quarters of an hour by the clock on the wall, so that ten o'clock is as far down on every day,
also on the days that have 23 or 25 hours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import ceil

from services.booking.slots import Span
from services.booking.week import Day, Entry, Week
from services.workdays import local

QUARTERS_A_DAY = 96
QUARTERS_AN_HOUR = 4
WORKDAYS = 5
USUAL = (8, 16)
MOST_LANES = 3


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
    """Something in a day's column. What has no rows lies outside the hours that the grid shows.

    Meetings that touch stand side by side, each in a lane; an absence lies behind them, over the whole width.
    """

    entry: Entry
    rows: Rows | None
    lane: int | None = None
    is_over: bool = False


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
    return Grid(hours, columns, not any(_is_used(column) for column in columns[WORKDAYS:]))


def _is_used(column: Column) -> bool:
    return bool(column.placed or column.opening)


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
    placed = [Placed(entry, _shown(entry.span, day, hours)) for entry in day.entries]
    behind = [one.rows for one in placed if one.rows and not one.entry.is_meeting]
    meetings = [one.rows for one in placed if one.rows and one.entry.is_meeting]
    lanes = _lanes(meetings)
    beside = iter(_shared(meetings, lanes))
    line = _shown(Span(now, now), day, hours) if day.span.start <= now < day.span.end else None
    return Column(
        day,
        opening=[rows for span in day.opening if (rows := _shown(span, day, hours))],
        placed=[
            replace(one, lane=next(beside), is_over=any(one.rows.meets(other) for other in behind))
            if one.rows and one.entry.is_meeting
            else one
            for one in placed
        ],
        lanes=max(lanes, default=1),
        now=line.first if line else None,
    )


def _lanes(meetings: Sequence[Rows]) -> list[int]:
    """For each, in the order of their times, the first lane that is free."""
    lanes: list[int] = []
    for rows in meetings:
        taken = {lane for lane, other in zip(lanes, meetings, strict=False) if rows.meets(other)}
        lanes.append(next((lane for lane in range(1, MOST_LANES) if lane not in taken), MOST_LANES))
    return lanes


def _shared(meetings: Sequence[Rows], lanes: Sequence[int]) -> Iterator[int | None]:
    """The lane of each that has something beside it; what stands alone has the whole width."""
    for index, rows in enumerate(meetings):
        others = (other for place, other in enumerate(meetings) if place != index)
        yield lanes[index] if any(rows.meets(other) for other in others) else None


def _shown(span: Span, day: Day, hours: range) -> Rows | None:
    """The part of the rows that the grid shows, counted from its top."""
    rows = _rows(span, day.day)
    top, bottom = hours.start * QUARTERS_AN_HOUR, hours.stop * QUARTERS_AN_HOUR
    first, last = max(rows.first, top), min(rows.last, bottom)
    return Rows(first - top, last - first) if first < last else None


def _rows(span: Span, day: date) -> Rows:
    first = min(round(_quarters(span.start, day)), QUARTERS_A_DAY - 1)
    return Rows(first, max(round(_quarters(span.end, day)) - first, 1))


def _quarters(instant: datetime, day: date) -> float:
    """How far down the day an instant is; before it is its top, after it its end."""
    wall = local(instant)
    if wall.date() != day:
        return 0 if wall.date() < day else QUARTERS_A_DAY
    return wall.hour * QUARTERS_AN_HOUR + wall.minute / 15
