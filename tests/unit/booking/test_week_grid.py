"""Where things stand in the grid of a week, also on the two days that have not 24 hours."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from services.booking.calendar.slots import ONE_DAY, Span
from services.booking.pages.supervisor import week_grid
from services.booking.pages.supervisor.week import EntryKind, Week, WeekDay, WeekEntry, monday_of, week_name
from services.booking.pages.supervisor.week_grid import DayColumn, RowSpan
from services.finnish.workdays import at_wall_clock

MONDAY = date(2026, 11, 30)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def day_of(day: date, *entries: tuple[str, str], opening: tuple[str, str] | None = None) -> WeekDay:
    def span(start: str, end: str) -> Span:
        ends = day + ONE_DAY if end == "24:00" else day
        return Span(at(day, start), at(ends, "00:00" if end == "24:00" else end))

    whole = Span(at(day, "00:00"), at(day + ONE_DAY, "00:00"))
    stood = [WeekEntry(EntryKind.meeting, span(*one)) for one in entries]
    return WeekDay(day, whole, None, [span(*opening)] if opening else [], stood)


def at(day: date, clock: str) -> datetime:
    return at_wall_clock(day, time.fromisoformat(clock))


def column(day: WeekDay, now: datetime = LONG_AGO) -> DayColumn:
    grid = week_grid.build_week_grid(Week(day.day, [day]), now)
    return grid.columns[0]


def test_the_grid_shows_the_usual_hours_and_all_that_stands_outside_them() -> None:
    early = Week(MONDAY, [day_of(MONDAY, ("06:30", "07:30")), day_of(MONDAY + ONE_DAY, ("18:00", "19:15"))])

    assert week_grid.build_week_grid(Week(MONDAY, [day_of(MONDAY)]), LONG_AGO).hours == range(8, 16)
    assert week_grid.build_week_grid(early, LONG_AGO).hours == range(6, 20)


def test_places_are_quarters_from_the_top() -> None:
    (placed,) = column(day_of(MONDAY, ("09:10", "10:40"))).placed

    assert placed.rows == RowSpan(first=5, count=6)
    assert (placed.lane, placed.is_over) == (None, False)


def test_the_grid_reaches_to_the_midnight_until_which_hours_last() -> None:
    late = Week(MONDAY, [day_of(MONDAY, opening=("16:00", "24:00"))])

    assert week_grid.build_week_grid(late, LONG_AGO).hours == range(8, 24)


def test_a_whole_day_away_does_not_stretch_the_grid() -> None:
    shown = column(day_of(MONDAY, ("00:00", "24:00")))

    assert shown.placed[0].rows == RowSpan(first=0, count=8 * 4)


def test_what_lies_outside_the_hours_is_told_without_a_place() -> None:
    assert column(day_of(MONDAY, ("00:00", "05:00"))).placed[0].rows is None


def test_meetings_that_touch_stand_side_by_side() -> None:
    shown = column(day_of(MONDAY, ("09:00", "11:00"), ("10:00", "12:00"), ("11:00", "12:00"), ("14:00", "15:00")))

    assert [one.lane for one in shown.placed] == [1, 2, 1, None]
    assert shown.lanes == 2


def test_meetings_that_follow_each_other_at_odd_minutes_do_not_touch() -> None:
    shown = column(day_of(MONDAY, ("09:00", "10:10"), ("10:10", "11:20")))

    assert [one.lane for one in shown.placed] == [None, None]


def test_an_absence_lies_behind_the_meetings() -> None:
    day = day_of(MONDAY, ("10:00", "11:00"), ("12:00", "13:00"))
    away = WeekEntry(EntryKind.absence, Span(at(MONDAY, "09:00"), at(MONDAY, "10:30")))

    shown = column(replace(day, entries=[away, *day.entries]))

    assert [(one.lane, one.is_over) for one in shown.placed] == [(None, False), (None, True), (None, False)]


@pytest.mark.parametrize(
    ("day", "start", "end", "rows"),
    [
        (date(2027, 3, 28), "02:00", "05:00", RowSpan(2 * 4, 3 * 4)),
        (date(2027, 10, 31), "02:00", "05:00", RowSpan(2 * 4, 3 * 4)),
        (date(2027, 3, 28), "10:00", "11:00", RowSpan(10 * 4, 4)),
        (date(2027, 10, 31), "10:00", "11:00", RowSpan(10 * 4, 4)),
    ],
)
def test_ten_o_clock_is_as_far_down_on_every_day(day: date, start: str, end: str, rows: RowSpan) -> None:
    shown = column(day_of(day, ("00:15", "01:00"), (start, end)))

    assert shown.placed[1].rows == rows


def test_within_the_hour_that_comes_twice_nothing_runs_backwards() -> None:
    day = date(2027, 10, 31)
    begins = at(day, "03:45")
    backwards = WeekEntry(EntryKind.meeting, Span(begins, begins + timedelta(minutes=30)))
    whole = Span(at(day, "00:00"), at(day + ONE_DAY, "00:00"))

    assert column(WeekDay(day, whole, None, [], [backwards])).placed[0].rows == RowSpan(3, 1)  # below three o'clock


def test_now_is_a_line_on_its_day_alone() -> None:
    now = at(MONDAY, "09:31")

    assert (column(day_of(MONDAY), now).now, column(day_of(MONDAY + ONE_DAY), now).now) == (6, None)


@pytest.mark.parametrize(
    ("asked", "monday"),
    [
        ("2026-W49", MONDAY),
        ("2026-W53", date(2026, 12, 28)),
        ("2027-W53", date(2027, 11, 22)),
        ("", date(2027, 11, 22)),
        ("1066-W01", date(2027, 11, 22)),
        ("0000-W01", date(2027, 11, 22)),
    ],
)
def test_a_week_that_there_is_not_is_the_present_one(asked: str, monday: date) -> None:
    assert monday_of(asked, date(2027, 11, 28)) == monday


def test_a_week_has_the_year_of_its_thursday() -> None:
    assert week_name(date(2027, 1, 1)) == "2026-W53"
