"""Finnish holidays, working days, and the arithmetic of wall clocks over both nights when they leap."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.finnish import workdays
from services.finnish.workdays import HELSINKI, at_wall_clock, local, same_wall_clock

SPRING_NIGHT, AUTUMN_NIGHT = date(2026, 3, 29), date(2026, 10, 25)

HOLIDAYS_2026 = {
    date(2026, 1, 1): "uudenvuodenpäivä",
    date(2026, 1, 6): "loppiainen",
    date(2026, 4, 3): "pitkäperjantai",
    date(2026, 4, 5): "pääsiäispäivä",
    date(2026, 4, 6): "toinen pääsiäispäivä",
    date(2026, 5, 1): "vappu",
    date(2026, 5, 14): "helatorstai",
    date(2026, 5, 24): "helluntaipäivä",
    date(2026, 6, 19): "juhannusaatto",
    date(2026, 6, 20): "juhannuspäivä",
    date(2026, 10, 31): "pyhäinpäivä",
    date(2026, 12, 6): "itsenäisyyspäivä",
    date(2026, 12, 24): "jouluaatto",
    date(2026, 12, 25): "joulupäivä",
    date(2026, 12, 26): "tapaninpäivä",
}
HOLIDAYS_2027 = {
    date(2027, month, day)
    for month, day in [
        (1, 1), (1, 6), (3, 26), (3, 28), (3, 29), (5, 1), (5, 6), (5, 16),
        (6, 25), (6, 26), (11, 6), (12, 6), (12, 24), (12, 25), (12, 26),
    ]
}  # fmt: skip


def days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=n) for n in range(365)]


def test_the_holidays_of_2026_are_exactly_these_and_have_finnish_names() -> None:
    named = {day: workdays.holiday_name(day) for day in days_of(2026) if workdays.is_holiday(day)}

    assert named == HOLIDAYS_2026


def test_the_holidays_of_2027_are_exactly_these() -> None:
    assert {day for day in days_of(2027) if workdays.is_holiday(day)} == HOLIDAYS_2027


@pytest.mark.parametrize(
    "eve", [date(2026, 12, 31), date(2026, 4, 30), date(2026, 4, 2)], ids=["new year", "May Day", "Maundy"]
)
def test_other_eves_are_working_days(eve: date) -> None:
    assert workdays.is_working_day(eve)


def test_flag_days_and_easter_saturday_are_no_holidays() -> None:
    assert not workdays.is_holiday(date(2026, 2, 28))
    assert not workdays.is_holiday(date(2026, 4, 4))


def test_weekends_are_no_working_days_in_any_country() -> None:
    assert not workdays.is_working_day(date(2026, 12, 5))
    assert not workdays.is_working_day(date(2026, 12, 5), country=None)


def test_without_a_country_there_are_no_holidays() -> None:
    assert workdays.is_working_day(date(2026, 12, 25), country=None)
    assert workdays.holiday_name(date(2026, 12, 25), country=None) is None


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2026, 12, 8), date(2026, 12, 7)),
        (date(2026, 12, 7), date(2026, 12, 4)),
        (date(2026, 12, 28), date(2026, 12, 23)),
        (date(2026, 4, 7), date(2026, 4, 2)),
        (date(2027, 1, 7), date(2027, 1, 5)),
        (date(2027, 1, 4), date(2026, 12, 31)),
    ],
    ids=["plain", "over a weekend", "over Christmas", "over Easter", "over Epiphany", "over New Year"],
)
def test_the_previous_working_day_skips_weekends_and_holidays(day: date, before: date) -> None:
    assert workdays.previous_working_day(day) == before


def test_a_working_day_is_its_own_working_day_on_or_before() -> None:
    assert workdays.working_day_on_or_before(date(2026, 12, 7)) == date(2026, 12, 7)
    assert workdays.working_day_on_or_before(date(2026, 12, 6)) == date(2026, 12, 4)


def test_a_series_keeps_the_wall_clock_over_the_autumn_night() -> None:
    monday = datetime(2026, 10, 19, 11, 0, tzinfo=UTC)

    assert same_wall_clock(monday, 7) == datetime(2026, 10, 26, 12, 0, tzinfo=UTC)
    assert same_wall_clock(monday, 7).tzinfo is UTC


def test_the_day_before_on_the_wall_clock_is_not_24_hours_on_a_switch_day() -> None:
    sunday = at_wall_clock(AUTUMN_NIGHT, time(14, 0))

    assert local(same_wall_clock(sunday, -1)).time() == time(14, 0)
    assert local(sunday - timedelta(hours=24)).time() == time(15, 0)


def test_a_time_that_the_spring_night_leaves_out_moves_forward() -> None:
    assert not workdays.exists(SPRING_NIGHT, time(3, 30))
    assert at_wall_clock(SPRING_NIGHT, time(3, 30)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert local(at_wall_clock(SPRING_NIGHT, time(3, 30))).time() == time(4, 30)
    assert at_wall_clock(SPRING_NIGHT, time(3, 30, fold=1)) == at_wall_clock(SPRING_NIGHT, time(3, 30))


def test_the_autumn_night_has_two_half_past_threes_and_the_first_is_meant() -> None:
    assert at_wall_clock(AUTUMN_NIGHT, time(3, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert at_wall_clock(AUTUMN_NIGHT, time(3, 30, fold=1)) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_session_in_the_second_half_past_three_stays_there() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    assert same_wall_clock(second, 0) == second


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        local(datetime(2026, 12, 7, 14, 0))  # noqa: DTZ001


def test_another_zone_has_its_own_wall_clock() -> None:
    stockholm = ZoneInfo("Europe/Stockholm")

    assert at_wall_clock(date(2026, 12, 7), time(14, 0), stockholm) == datetime(2026, 12, 7, 13, tzinfo=UTC)


@given(
    st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001
        max_value=datetime(2036, 12, 31),  # noqa: DTZ001
        timezones=st.just(UTC),
    )
)
def test_every_instant_survives_the_way_to_the_wall_clock_and_back(instant: datetime) -> None:
    wall = instant.astimezone(HELSINKI)

    assert at_wall_clock(wall.date(), wall.time()) == instant
