"""Report periods: on the clocks of Helsinki, right on the days they leap, and none forgotten."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting import periods
from services.reporting.periods import Cadence, Period, parse_period, period_containing, periods_due_between

days = st.dates(date(2024, 1, 1), date(2035, 12, 31))
cadences = st.sampled_from(Cadence)
instants = st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("cadence", "day", "first", "last", "label", "during", "key"),
    [
        (Cadence.monthly, date(2026, 10, 31), date(2026, 10, 1), date(2026, 10, 31),
         "lokakuu 2026", "lokakuussa 2026", "2026-10"),
        (Cadence.monthly, date(2028, 2, 1), date(2028, 2, 1), date(2028, 2, 29),
         "helmikuu 2028", "helmikuussa 2028", "2028-02"),
        (Cadence.quarterly, date(2026, 12, 24), date(2026, 10, 1), date(2026, 12, 31),
         "loka–joulukuu 2026", "loka–joulukuussa 2026", "2026-Q4"),
        (Cadence.half_yearly, date(2026, 1, 1), date(2026, 1, 1), date(2026, 6, 30),
         "tammi–kesäkuu 2026", "tammi–kesäkuussa 2026", "2026-H1"),
    ],
)  # fmt: skip
def test_a_day_belongs_to_its_month_quarter_or_half_year(
    cadence: Cadence, day: date, first: date, last: date, label: str, during: str, key: str
) -> None:
    period = period_containing(cadence, day)

    assert period == Period(first, last)
    assert (period.label, period.during, period.key) == (label, during, key)


@pytest.mark.parametrize(
    ("first", "last", "label", "during"),
    [
        (date(2026, 9, 1), date(2026, 11, 30), "syys–marraskuu 2026", "syys–marraskuussa 2026"),
        (date(2026, 9, 2), date(2026, 11, 30), "2.9.–30.11.2026", "jaksolla 2.9.–30.11.2026"),
        (date(2026, 12, 1), date(2027, 1, 31), "1.12.2026–31.1.2027", "jaksolla 1.12.2026–31.1.2027"),
        (date(2026, 12, 7), date(2026, 12, 7), "7.12.2026", "jaksolla 7.12.2026"),
    ],
)
def test_other_spans_are_named_by_their_days(first: date, last: date, label: str, during: str) -> None:
    assert (Period(first, last).label, Period(first, last).during) == (label, during)


@pytest.mark.parametrize(
    ("month", "starts_at", "ends_at", "hours"),
    [
        (date(2026, 3, 1), utc(2026, 2, 28, 22), utc(2026, 3, 31, 21), 31 * 24 - 1),
        (date(2026, 10, 1), utc(2026, 9, 30, 21), utc(2026, 10, 31, 22), 31 * 24 + 1),
        (date(2026, 11, 1), utc(2026, 10, 31, 22), utc(2026, 11, 30, 22), 30 * 24),
    ],
)
def test_a_month_runs_from_midnight_to_midnight_in_helsinki(
    month: date, starts_at: datetime, ends_at: datetime, hours: int
) -> None:
    period = period_containing(Cadence.monthly, month)

    assert (period.starts_at, period.ends_at) == (starts_at, ends_at)
    assert period.ends_at - period.starts_at == timedelta(hours=hours)


def test_the_last_moment_is_in_and_midnight_is_out() -> None:
    october = period_containing(Cadence.monthly, date(2026, 10, 1))

    assert october.covers(utc(2026, 10, 31, 21, 59, 59))
    assert not october.covers(utc(2026, 10, 31, 22))
    assert not october.covers(utc(2026, 9, 30, 20, 59, 59))


@pytest.mark.parametrize(
    ("day", "due_at"),
    [(date(2026, 9, 30), utc(2026, 10, 1, 3)), (date(2026, 10, 1), utc(2026, 11, 1, 4)),
     (date(2026, 12, 31), utc(2027, 1, 1, 4))],
)  # fmt: skip
def test_a_report_is_due_at_six_on_the_morning_after(day: date, due_at: datetime) -> None:
    assert period_containing(Cadence.monthly, day).due_at == due_at


def test_reports_are_made_up_for_after_months_of_silence() -> None:
    due = periods_due_between(Cadence.monthly, utc(2026, 8, 15), utc(2026, 12, 1, 4))

    assert [period.label for period in due] == [
        "elokuu 2026", "syyskuu 2026", "lokakuu 2026", "marraskuu 2026",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("after", "until", "keys"),
    [
        (utc(2026, 11, 1, 3, 59, 59), utc(2026, 11, 1, 4), ["2026-10"]),
        (utc(2026, 11, 1, 4), utc(2026, 11, 1, 5), []),
        (utc(2026, 11, 1, 3), utc(2026, 11, 1, 3, 59, 59), []),
        (utc(2026, 10, 31, 22, 30), utc(2026, 11, 2), ["2026-10"]),
        (utc(2026, 11, 2), utc(2026, 10, 1), []),
    ],
)
def test_a_period_falls_due_at_one_instant(after: datetime, until: datetime, keys: list[str]) -> None:
    assert [period.key for period in periods_due_between(Cadence.monthly, after, until)] == keys


@given(cadences, instants, st.lists(st.timedeltas(timedelta(0), timedelta(days=200)), max_size=6))
def test_however_often_one_asks_every_period_comes_once(
    cadence: Cadence, start: datetime, pauses: list[timedelta]
) -> None:
    moments = [start]
    for pause in pauses:
        moments.append(moments[-1] + pause)

    piecewise = [due for after, until in pairwise(moments) for due in periods_due_between(cadence, after, until)]

    assert piecewise == periods_due_between(cadence, start, moments[-1])


@given(cadences, days)
def test_periods_follow_one_another_without_gap_or_overlap(cadence: Cadence, day: date) -> None:
    period = period_containing(cadence, day)
    following = period_containing(cadence, period.last + timedelta(days=1))

    assert period.first <= day <= period.last
    assert period.ends_at == following.starts_at
    assert period.first.day == following.first.day == 1


@given(cadences, days, days)
def test_a_key_leads_back_to_its_period(cadence: Cadence, one: date, other: date) -> None:
    for period in (period_containing(cadence, one), Period(min(one, other), max(one, other))):
        assert parse_period(period.key) == period


@pytest.mark.parametrize("key", ["", "2026", "2026-13", "2026-00", "2026-Q5", "2026-H3", "lokakuu 2026",
                                 "2026-09-30--2026-09-01", "2026-09-01--", "2026-09-01--2026-09-31"])  # fmt: skip
def test_anything_else_is_no_key(key: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_period(key)


def test_every_cadence_has_its_length() -> None:
    assert set(periods.MONTHS_PER_CADENCE) == set(Cadence)
