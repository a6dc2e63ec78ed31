"""A week as a grid: hours down, days across. Nothing here reads a database or a clock.

Rows are quarters of an hour in local time, so that ten o'clock is on the same row every day, also on days of 23 or
25 hours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import ceil
from typing import Self

from services.booking.calendar.slots import Span
from services.booking.pages.supervisor.week import Week, WeekDay, WeekEntry
from services.finnish.workdays import local

QUARTERS_A_DAY = 96
QUARTERS_AN_HOUR = 4
WORKDAYS = 5
USUAL_HOURS = (8, 16)
MAX_LANES = 3


@dataclass(frozen=True)
class RowSpan:
    """The first row of an entry, and how many rows it takes."""

    first: int
    count: int

    @property
    def last(self) -> int:
        return self.first + self.count

    def overlaps(self, other: Self) -> bool:
        return self.first < other.last and other.first < self.last


@dataclass(frozen=True)
class PlacedEntry:
    """An entry in the column of a day. One without rows lies outside the hours that the grid shows.

    Overlapping meetings stand side by side in lanes; an absence lies behind them, over the whole width.
    """

    entry: WeekEntry
    rows: RowSpan | None
    lane: int | None = None
    is_over: bool = False


@dataclass(frozen=True)
class DayColumn:
    day: WeekDay
    opening: list[RowSpan]
    placed: list[PlacedEntry]
    lanes: int
    now: int | None


@dataclass(frozen=True)
class WeekGrid:
    hours: range
    columns: list[DayColumn]
    is_free_at_weekends: bool


def build_week_grid(week: Week, now: datetime) -> WeekGrid:
    hours = _hours(week)
    columns = [_column(day, hours, now) for day in week.days]
    return WeekGrid(hours, columns, not any(column.placed or column.opening for column in columns[WORKDAYS:]))


def _hours(week: Week) -> range:
    """The usual hours, widened to everything that begins and ends within a day."""
    rows = [
        _row_span(span, day.day)
        for day in week.days
        for span in (*day.opening, *(entry.span for entry in day.entries))
        if day.span.start < span.start and span.end <= day.span.end
    ]
    first = min([row.first // QUARTERS_AN_HOUR for row in rows] + [USUAL_HOURS[0]])
    last = max([ceil(row.last / QUARTERS_AN_HOUR) for row in rows] + [USUAL_HOURS[1]])
    return range(first, last)


def _column(day: WeekDay, hours: range, now: datetime) -> DayColumn:
    placed = [PlacedEntry(entry, _visible_rows(entry.span, day, hours)) for entry in day.entries]
    behind = [one.rows for one in placed if one.rows and not one.entry.is_meeting]
    meetings = [one.rows for one in placed if one.rows and one.entry.is_meeting]
    lanes = _lanes(meetings)
    beside = iter(_lanes_where_shared(meetings, lanes))
    line = _visible_rows(Span(now, now), day, hours) if day.span.start <= now < day.span.end else None
    return DayColumn(
        day,
        opening=[rows for span in day.opening if (rows := _visible_rows(span, day, hours))],
        placed=[
            replace(one, lane=next(beside), is_over=any(one.rows.overlaps(other) for other in behind))
            if one.rows and one.entry.is_meeting
            else one
            for one in placed
        ],
        lanes=max(lanes, default=1),
        now=line.first if line else None,
    )


def _lanes(meetings: Sequence[RowSpan]) -> list[int]:
    """The first free lane for each, in the order of time."""
    lanes: list[int] = []
    for rows in meetings:
        taken = {lane for lane, other in zip(lanes, meetings, strict=False) if rows.overlaps(other)}
        lanes.append(next((lane for lane in range(1, MAX_LANES) if lane not in taken), MAX_LANES))
    return lanes


def _lanes_where_shared(meetings: Sequence[RowSpan], lanes: Sequence[int]) -> Iterator[int | None]:
    """The lane of each that overlaps another; the others take the whole width."""
    for index, rows in enumerate(meetings):
        others = (other for position, other in enumerate(meetings) if position != index)
        yield lanes[index] if any(rows.overlaps(other) for other in others) else None


def _visible_rows(span: Span, day: WeekDay, hours: range) -> RowSpan | None:
    """The part of the rows that the grid shows, counted from its top."""
    rows = _row_span(span, day.day)
    top, bottom = hours.start * QUARTERS_AN_HOUR, hours.stop * QUARTERS_AN_HOUR
    first, last = max(rows.first, top), min(rows.last, bottom)
    return RowSpan(first - top, last - first) if first < last else None


def _row_span(span: Span, day: date) -> RowSpan:
    first = min(round(_quarters(span.start, day)), QUARTERS_A_DAY - 1)
    return RowSpan(first, max(round(_quarters(span.end, day)) - first, 1))


def _quarters(instant: datetime, day: date) -> float:
    """How many quarters into the day an instant is, limited to the day."""
    at = local(instant)
    if at.date() != day:
        return 0 if at.date() < day else QUARTERS_A_DAY
    return at.hour * QUARTERS_AN_HOUR + at.minute / 15
