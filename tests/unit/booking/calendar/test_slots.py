from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.booking.calendar.slots import (
    BookingRules,
    OpenHours,
    RefusalReason,
    Span,
    SupervisorCalendar,
    free_spans_of_several_days,
    free_starts,
    nearest_free_spans,
    open_spans,
    refusal_reason,
)
from services.events.catalogue import Form
from services.finnish.workdays import HELSINKI, is_holiday

HOUR = timedelta(hours=1)
MONDAY = date(2026, 9, 7)
NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)


def helsinki(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), HELSINKI).astimezone(UTC)


def on(day: date, start: str, end: str) -> Span:
    return Span(helsinki(day, start), helsinki(day, end))


def weekly(
    *stretches: str, weekdays: range = range(1, 6), forms: frozenset[str] | None = None
) -> tuple[OpenHours, ...]:
    clocks = [[time.fromisoformat(clock) for clock in stretch.split("–")] for stretch in stretches]
    return tuple(OpenHours(weekday, start, end, forms) for weekday in weekdays for start, end in clocks)


def rules(*stretches: str, **other: object) -> BookingRules:
    return replace(BookingRules(hours=weekly(*stretches), step=HOUR, horizon=timedelta(days=400)), **other)  # type: ignore[arg-type]


def starts(calendar: SupervisorCalendar, day: date, minutes: int = 60, form: Form = Form.individual) -> list[str]:
    found = free_starts(calendar, form, timedelta(minutes=minutes), day, day, NOW)
    return [start.astimezone(calendar.rules.zone).strftime("%H.%M") for start in found]


# -- hours ------------------------------------------------------------------------------------------------


def test_a_meeting_has_to_fit_into_the_hours() -> None:
    calendar = SupervisorCalendar(rules("09:00–12:00"))

    assert starts(calendar, MONDAY) == ["09.00", "10.00", "11.00"]
    assert starts(calendar, MONDAY, minutes=120) == ["09.00", "10.00"]


def test_the_grid_begins_anew_with_each_stretch() -> None:
    calendar = SupervisorCalendar(rules("09:00–11:00", "12:20–15:00"))

    assert starts(calendar, MONDAY) == ["09.00", "10.00", "12.20", "13.20"]


def test_stretches_that_touch_are_one() -> None:
    calendar = SupervisorCalendar(rules("09:00–10:30", "10:30–12:00"))

    assert starts(calendar, MONDAY, minutes=120) == ["09.00", "10.00"]


def test_hours_may_be_kept_for_some_forms() -> None:
    hours = (*weekly("09:00–10:00"), *weekly("14:00–16:00", forms=frozenset({"group", "team"})))
    calendar = SupervisorCalendar(rules(hours=hours))

    assert starts(calendar, MONDAY) == ["09.00"]
    assert starts(calendar, MONDAY, minutes=120, form=Form.group) == ["14.00"]


@pytest.mark.parametrize(
    ("day", "lasts"),
    [
        pytest.param(date(2026, 3, 22), 4, id="an ordinary Sunday"),
        pytest.param(date(2026, 3, 29), 3, id="the clocks leap from 3.00 to 4.00"),
        pytest.param(date(2026, 10, 25), 5, id="the hour from 3.00 to 4.00 comes twice"),
    ],
)
def test_a_night_of_hours_is_as_long_as_it_really_is(day: date, lasts: int) -> None:
    night = BookingRules(hours=weekly("01:00–05:00", weekdays=range(7, 8)))

    (stretch,) = open_spans(night, None, day)

    assert stretch.end - stretch.start == lasts * HOUR


def test_hours_that_fall_into_the_gap_of_the_spring_night_are_no_hours() -> None:
    night = BookingRules(hours=weekly("03:30–04:00", weekdays=range(7, 8)))

    assert open_spans(night, None, date(2026, 3, 29)) == []


@pytest.mark.parametrize(("day", "lasts"), [(MONDAY, 8), (date(2026, 10, 25), 24 + 1), (date(2026, 3, 29), 24 - 1)])
def test_hours_until_midnight_end_with_the_day(day: date, lasts: int) -> None:
    start = time(16) if day == MONDAY else time.min

    (stretch,) = open_spans(BookingRules(hours=(OpenHours(day.isoweekday(), start, time.min),)), None, day)

    assert stretch.end == helsinki(day + timedelta(days=1), "00:00")
    assert stretch.end - stretch.start == lasts * HOUR


def test_office_hours_keep_the_wall_clock_of_the_supervisor_all_year() -> None:
    calendar = SupervisorCalendar(rules("09:00–10:00", zone=ZoneInfo("Europe/Stockholm")))

    found = list(free_starts(calendar, None, HOUR, date(2026, 10, 23), date(2026, 10, 26), NOW))

    assert found == [datetime(2026, 10, 23, 7, tzinfo=UTC), datetime(2026, 10, 26, 8, tzinfo=UTC)]


@pytest.mark.parametrize("day", [date(2026, 6, 19), date(2026, 12, 24), date(2027, 1, 6)])
def test_nobody_meets_on_a_holiday_or_its_eve(day: date) -> None:
    assert starts(SupervisorCalendar(rules("09:00–12:00")), day) == []


def test_a_supervisor_may_work_on_holidays() -> None:
    assert starts(SupervisorCalendar(rules("09:00–10:00", holidays=None)), date(2026, 12, 24)) == ["09.00"]


# -- what is taken ----------------------------------------------------------------------------------------


def test_a_meeting_and_its_pauses_take_their_time() -> None:
    taken = on(MONDAY, "10:00", "11:00")
    plain, paused = rules("08:00–14:00"), rules("08:00–14:00", buffer_after=timedelta(minutes=15))

    assert starts(SupervisorCalendar(plain, occupied=(taken,)), MONDAY) == ["08.00", "09.00", "11.00", "12.00", "13.00"]
    assert starts(SupervisorCalendar(paused, occupied=(paused.blocked(taken),)), MONDAY) == ["08.00", "12.00", "13.00"]


def test_pauses_of_neighbours_add_up() -> None:
    paused = rules("08:00–14:00", step=timedelta(minutes=5))
    paused = replace(paused, buffer_before=timedelta(minutes=10), buffer_after=timedelta(minutes=15))
    calendar = SupervisorCalendar(paused, occupied=(paused.blocked(on(MONDAY, "10:00", "11:00")),))

    assert "08.35" in starts(calendar, MONDAY)
    assert not {"08.40", "11.20"} & set(starts(calendar, MONDAY))
    assert "11.25" in starts(calendar, MONDAY)


def test_a_pause_may_reach_beyond_the_hours_and_into_an_absence_but_not_into_another_calendar() -> None:
    paused = rules("09:00–12:00", buffer_after=timedelta(minutes=30))
    lunch = (on(MONDAY, "11:00", "12:00"),)

    assert starts(SupervisorCalendar(paused), MONDAY) == ["09.00", "10.00", "11.00"]
    assert starts(SupervisorCalendar(paused, absences=lunch), MONDAY) == ["09.00", "10.00"]
    assert starts(SupervisorCalendar(paused, busy=lunch), MONDAY) == ["09.00"]


# -- notice, horizon, limits ------------------------------------------------------------------------------


def test_notice_is_elapsed_time_and_the_horizon_ends_with_its_day() -> None:
    now = helsinki(MONDAY, "10:30")
    calendar = SupervisorCalendar(rules("09:00–13:00", notice=timedelta(hours=24), horizon=timedelta(days=2)))

    found = list(free_starts(calendar, None, HOUR, MONDAY, MONDAY + timedelta(days=9), now))

    assert found[0] == helsinki(date(2026, 9, 8), "11:00")
    assert found[-1] == helsinki(date(2026, 9, 9), "12:00")


def test_a_full_day_has_no_slots() -> None:
    calendar = SupervisorCalendar(rules("08:00–16:00", daily_limit=1), session_starts=(helsinki(MONDAY, "09:00"),))

    assert starts(calendar, MONDAY) == []
    assert starts(calendar, date(2026, 9, 8)) != []


def test_a_week_is_a_week_also_across_the_turn_of_the_year() -> None:
    """Monday 28.12.2026 and Friday 1.1.2027 belong to week 53."""
    calendar = SupervisorCalendar(
        rules("08:00–16:00", weekly_limit=2, holidays=None),
        session_starts=(helsinki(date(2026, 12, 28), "09:00"), helsinki(date(2026, 12, 31), "09:00")),
    )

    assert starts(calendar, date(2027, 1, 1)) == []
    assert starts(calendar, date(2027, 1, 4)) != []


def test_the_day_of_a_meeting_is_the_supervisors_day() -> None:
    late = datetime(2026, 9, 7, 21, 30, tzinfo=UTC)  # Tuesday 0.30 in Helsinki
    calendar = SupervisorCalendar(rules("08:00–16:00", daily_limit=1), session_starts=(late,))

    assert starts(calendar, MONDAY) != []
    assert starts(calendar, date(2026, 9, 8)) == []


# -- why not, and what else -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "start", "reason"),
    [
        (date(2026, 9, 1), "10:00", RefusalReason.notice),
        (date(2028, 9, 4), "10:00", RefusalReason.horizon),
        (date(2027, 1, 6), "10:00", RefusalReason.holiday),
        (MONDAY, "07:00", RefusalReason.outside_hours),
        (MONDAY, "11:30", RefusalReason.outside_hours),
        (date(2026, 9, 12), "10:00", RefusalReason.outside_hours),
        (date(2026, 9, 8), "10:00", RefusalReason.absence),
        (date(2026, 9, 9), "10:00", RefusalReason.absence),
        (date(2026, 9, 10), "10:00", RefusalReason.limit),
        (MONDAY, "10:07", None),
    ],
)
def test_a_refusal_says_why(day: date, start: str, reason: RefusalReason | None) -> None:
    begin = helsinki(day, start)
    calendar = SupervisorCalendar(
        rules("09:00–12:00", daily_limit=1),
        absences=(on(date(2026, 9, 8), "08:00", "16:00"),),
        busy=(on(date(2026, 9, 9), "10:30", "10:45"),),
        session_starts=(helsinki(date(2026, 9, 10), "11:00"),),
    )

    assert refusal_reason(calendar, Form.individual, Span(begin, begin + HOUR), NOW) == reason


def test_the_supervisor_is_not_bound_by_notice_horizon_and_limits() -> None:
    calendar = SupervisorCalendar(rules("09:00–12:00", daily_limit=0).for_supervisor())
    begin = helsinki(date(2026, 9, 1), "10:00")

    assert refusal_reason(calendar, None, Span(begin, begin + HOUR), NOW) is None


def test_alternatives_are_the_nearest_before_and_after() -> None:
    calendar = SupervisorCalendar(rules("08:00–16:00"), occupied=(on(MONDAY, "10:00", "12:00"),))

    found = nearest_free_spans(calendar, Form.individual, HOUR, helsinki(MONDAY, "11:00"), NOW)

    assert [span.start.astimezone(HELSINKI).strftime("%-d. %H.%M") for span in found] == [
        "7. 12.00",
        "7. 09.00",
        "7. 13.00",
        "7. 08.00",
        "7. 14.00",
    ]
    assert all(span.end - span.start == HOUR for span in found)


def test_the_alternatives_of_a_series_lie_on_several_days() -> None:
    calendar = SupervisorCalendar(rules("08:00–16:00"), occupied=(on(MONDAY + timedelta(days=1), "10:00", "12:00"),))

    found = free_spans_of_several_days(
        calendar, Form.individual, HOUR, helsinki(MONDAY + timedelta(days=1), "11:00"), NOW
    )

    assert [span.start.astimezone(HELSINKI).strftime("%-d. %H.%M") for span in found] == [
        "8. 12.00",
        "8. 09.00",
        "7. 15.00",
        "7. 14.00",
        "9. 08.00",
    ]


# -- properties -------------------------------------------------------------------------------------------

WINDOW = (date(2026, 10, 19), date(2026, 11, 1))  # two ISO weeks around the autumn night


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = datetime(2026, 10, 18, tzinfo=UTC) + timedelta(minutes=5 * draw(st.integers(0, 15 * 288)))
    return Span(start, start + timedelta(minutes=5 * draw(st.integers(1, 400))))


@st.composite
def stretches(draw: st.DrawFn) -> OpenHours:
    begin, end = sorted(draw(st.lists(st.integers(0, 287), min_size=2, max_size=2, unique=True)))
    forms = draw(st.sampled_from([None, frozenset({"group"}), frozenset({"individual", "pair"})]))
    return OpenHours(draw(st.integers(1, 7)), _clock(begin), _clock(end), forms)


def _clock(fives: int) -> time:
    return time(fives // 12, fives % 12 * 5)


minutes = st.integers(0, 12).map(lambda fives: timedelta(minutes=5 * fives))


@st.composite
def calendars(draw: st.DrawFn) -> SupervisorCalendar:
    own = BookingRules(
        zone=draw(st.sampled_from([HELSINKI, ZoneInfo("UTC"), ZoneInfo("America/St_Johns")])),
        hours=tuple(draw(st.lists(stretches(), max_size=12))),
        buffer_before=draw(minutes),
        buffer_after=draw(minutes),
        notice=timedelta(hours=draw(st.integers(0, 72))),
        horizon=timedelta(days=draw(st.integers(0, 20))),
        step=timedelta(minutes=draw(st.sampled_from([5, 15, 25, 60]))),
        holidays=draw(st.sampled_from(["FI", None])),
        daily_limit=draw(st.none() | st.integers(0, 3)),
        weekly_limit=draw(st.none() | st.integers(0, 8)),
    )
    occupied = draw(st.lists(spans(), max_size=8))
    return SupervisorCalendar(
        own,
        absences=tuple(draw(st.lists(spans(), max_size=4))),
        busy=tuple(draw(st.lists(spans(), max_size=4))),
        occupied=tuple(occupied),
        session_starts=tuple(span.start for span in occupied),
    )


lengths = st.sampled_from([45, 60, 75, 120]).map(lambda count: timedelta(minutes=count))
nows = st.integers(0, 14 * 24).map(lambda hours: datetime(2026, 10, 16, tzinfo=UTC) + hours * HOUR)


def every_grid_point(own: BookingRules, form: Form) -> Iterator[datetime]:
    day = WINDOW[0]
    while day <= WINDOW[1]:
        for stretch in open_spans(own, form, day):
            point = stretch.start
            while point < stretch.end:
                yield point
                point += own.step
        day += timedelta(days=1)


@settings(max_examples=150, deadline=None)
@given(calendar=calendars(), form=st.sampled_from(Form), length=lengths, now=nows)
def test_the_free_times_are_exactly_those_that_no_rule_and_no_meeting_forbids(
    calendar: SupervisorCalendar, form: Form, length: timedelta, now: datetime
) -> None:
    def is_free(start: datetime) -> bool:
        blocked = calendar.rules.blocked(Span(start, start + length))
        overlaps = any(taken.start < blocked.end and blocked.start < taken.end for taken in calendar.occupied)
        return not overlaps and refusal_reason(calendar, form, Span(start, start + length), now) is None

    found = list(free_starts(calendar, form, length, *WINDOW, now))

    assert found == [start for start in every_grid_point(calendar.rules, form) if is_free(start)]


@settings(max_examples=80, deadline=None)
@given(calendar=calendars(), form=st.sampled_from(Form), length=lengths, now=nows)
def test_no_free_time_breaks_a_rule(calendar: SupervisorCalendar, form: Form, length: timedelta, now: datetime) -> None:
    """Said once more without the code under test, in the words of the rules."""
    own = calendar.rules
    for start in free_starts(calendar, form, length, *WINDOW, now):
        wall, end = start.astimezone(own.zone), start + length
        assert all(
            start - own.buffer_before >= taken.end or end + own.buffer_after <= taken.start
            for taken in calendar.occupied + calendar.busy
        )
        assert all(start >= absence.end or end <= absence.start for absence in calendar.absences)
        assert start - now >= own.notice
        assert own.horizon is not None
        assert wall.date() - now.astimezone(own.zone).date() <= own.horizon
        assert not is_holiday(wall.date(), own.holidays)
        same_day = [one for one in calendar.session_starts if one.astimezone(own.zone).date() == wall.date()]
        same_week = [
            one
            for one in calendar.session_starts
            if one.astimezone(own.zone).strftime("%G %V") == wall.strftime("%G %V")
        ]
        assert own.daily_limit is None or len(same_day) < own.daily_limit
        assert own.weekly_limit is None or len(same_week) < own.weekly_limit
        assert any(hours.forms is None or form in hours.forms for hours in own.hours)
