"""The demo's story ends in the present on whatever day somebody starts it."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from services.finnish.workdays import is_quiet_season, is_working_day, local
from services.quickstart.demo import dates

TODAYS = [date(2026, 1, 1) + timedelta(days=9 * number) for number in range(82)]


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_eleven_meetings_are_past_and_three_ahead_all_on_days_that_suit(today: date) -> None:
    days = dates.meeting_days(today)

    assert days == sorted(set(days))
    assert len(days) == 14
    assert days[10] <= today - timedelta(days=5)
    assert today < days[11]
    assert all(is_working_day(day) and not is_quiet_season(day) for day in days)
    assert all(later - earlier >= timedelta(weeks=2) for earlier, later in pairwise(days))
    assert local(dates.first_morning(today)).date() < days[0]


def test_days_at_one_distance_are_one_series() -> None:
    days = [date(2026, 6, 10), date(2026, 6, 24), date(2026, 8, 5), date(2026, 8, 19), date(2026, 9, 2)]

    assert dates.series(days) == [days[:2], days[2:]]
