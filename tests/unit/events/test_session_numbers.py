"""The numbers of sessions follow their times, whatever events said when they were written."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.events.session_numbers import numbers_in_time


@dataclass
class Known:
    session_id: UUID
    number: int
    status: str
    starts_at: datetime


def known(*told: str) -> list[Known]:
    """``"2 booked 5"``: told as number 2, on day 5."""
    found = []
    for place, words in enumerate(told):
        number, status, day = words.split()
        starts_at = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=int(day))
        found.append(Known(UUID(int=place), int(number), status, starts_at))
    return found


@pytest.mark.parametrize(
    ("told", "numbers"),
    [
        ([], []),
        (["1 booked 1", "2 booked 2"], [1, 2]),
        (["1 booked 9", "2 booked 2"], [2, 1]),
        (["1 cancelled 1", "2 booked 2", "3 booked 3"], [1, 1, 2]),
        (["1 held 1", "2 cancelled 2", "2 booked 3"], [1, 2, 2]),
        (["7 held 1", "8 held 2", "10 booked 4", "9 booked 5"], [7, 8, 9, 10]),
        (["2 booked 1", "3 booked 2"], [1, 2]),
    ],
    ids=["none", "in order", "moved", "cancelled", "cancelled after one held", "the first are forgotten", "stale"],
)
def test_numbers_follow_time(told: list[str], numbers: list[int]) -> None:
    sessions = known(*told)

    found = numbers_in_time(reversed(sessions))

    assert [found[session.session_id] for session in sessions] == numbers
