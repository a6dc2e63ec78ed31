"""The comparison itself: it sees a letter too few, too many, too late, and one that tells what was not so."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.comparison import Told, wrong_of_one
from tests.faults.load import Meeting, State

HOUR = timedelta(hours=1)
FIRST = datetime(2027, 3, 1, 9, tzinfo=UTC)
HEARD_AT = 60.0

Letter = tuple[int, str, int]
"""SEQUENCE, METHOD, and how many hours after the first time."""


def meeting(*states: tuple[str, int, float]) -> Meeting:
    """Each state with its status, its time as hours after the first one, and the second in which it was promised."""
    told = [
        State(version, status, FIRST + hours * HOUR, FIRST + (hours + 1) * HOUR, at, at)
        for version, (status, hours, at) in enumerate(states, 1)
    ]
    return Meeting("m", "s", ("a@example.fi",), told)


def letters(*told: Letter) -> list[Told]:
    return [Told(sequence, method, FIRST + h * HOUR, FIRST + (h + 1) * HOUR) for sequence, method, h in told]


BOOKED, MOVED, MOVED_AGAIN = ("booked", 0, 0.0), ("booked", 2, 1.0), ("booked", 4, 2.0)
CALLED_OFF = ("cancelled", 0, 3.0)
TOLD, TOLD_MOVE, TOLD_AGAIN = (1, "REQUEST", 0), (2, "REQUEST", 2), (3, "REQUEST", 4)


@pytest.mark.parametrize(
    ("of", "told", "uncertain"),
    [
        (meeting(BOOKED), letters(TOLD), set()),
        (meeting(BOOKED), [], {1}),
        (meeting(BOOKED, ("held", 0, 1.0)), letters(TOLD), set()),
        (meeting(BOOKED, MOVED), letters(TOLD, TOLD_MOVE), set()),
        (meeting(BOOKED, MOVED), letters(TOLD_MOVE), set()),
        (meeting(BOOKED, MOVED, MOVED_AGAIN), letters(TOLD, TOLD_AGAIN), set()),
        (meeting(BOOKED, MOVED, ("booked", 0, 2.0)), letters(TOLD), set()),
        (meeting(BOOKED, CALLED_OFF), letters(TOLD, (2, "CANCEL", 0)), set()),
        (meeting(BOOKED, CALLED_OFF), [], set()),
        (meeting(BOOKED, MOVED, ("booked", 4, 200.0)), letters(TOLD, TOLD_MOVE, TOLD_AGAIN), set()),
    ],
)
def test_exactly_the_letters_of_a_meeting_are_right(of: Meeting, told: list[Told], uncertain: set[int]) -> None:
    assert list(wrong_of_one(of, told, uncertain, HEARD_AT)) == []


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (meeting(BOOKED), []),
        (meeting(BOOKED), letters(TOLD, TOLD)),
        (meeting(BOOKED, MOVED), letters(TOLD)),
        (meeting(BOOKED, MOVED), letters(TOLD_MOVE, TOLD)),
        (meeting(BOOKED, MOVED, MOVED_AGAIN), letters(TOLD, TOLD_MOVE, TOLD_AGAIN)),
        (meeting(BOOKED, MOVED, MOVED_AGAIN), letters(TOLD, TOLD_MOVE)),
        (meeting(BOOKED, MOVED, ("booked", 0, 2.0)), letters(TOLD, (3, "REQUEST", 0))),
        (meeting(BOOKED, CALLED_OFF), letters(TOLD)),
        (meeting(BOOKED, CALLED_OFF), letters(TOLD, (2, "REQUEST", 0))),
        (meeting(BOOKED), letters((1, "REQUEST", 2))),
    ],
)
def test_a_letter_too_few_too_many_too_late_or_of_what_was_not_so_is_wrong(of: Meeting, told: list[Told]) -> None:
    assert list(wrong_of_one(of, told, set(), HEARD_AT)) != []
