"""Until when a change is free: elapsed hours, also over a DST night, and never against the supervisor's own changes."""

from datetime import UTC, datetime, timedelta

import pytest

from services.booking.supervision.cancellation_policy import (
    free_change_until,
    free_change_until_after_move,
    is_late_change,
)
from services.events.catalogue import Actor
from services.finnish.workdays import HELSINKI

SUNDAY_OF_THE_LONG_NIGHT = datetime(2026, 10, 25, 14, tzinfo=HELSINKI)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("starts_at", "hours", "wall"),
    [
        pytest.param(datetime(2026, 12, 7, 14, tzinfo=HELSINKI), 24, "6.12. 14.00", id="an ordinary day"),
        pytest.param(datetime(2026, 12, 7, 14, tzinfo=HELSINKI), 48, "5.12. 14.00", id="a group"),
        pytest.param(SUNDAY_OF_THE_LONG_NIGHT, 24, "24.10. 15.00", id="the night has 25 hours"),
        pytest.param(datetime(2026, 3, 29, 14, tzinfo=HELSINKI), 24, "28.3. 13.00", id="the night has 23 hours"),
        pytest.param(datetime(2026, 12, 7, 14, tzinfo=HELSINKI), 0, "7.12. 14.00", id="until it begins"),
    ],
)
def test_a_cut_off_is_elapsed_time(starts_at: datetime, hours: int, wall: str) -> None:
    deadline = free_change_until(starts_at.astimezone(UTC), hours).astimezone(HELSINKI)

    assert f"{deadline.day}.{deadline.month}. {deadline:%H.%M}" == wall


@pytest.mark.parametrize(
    ("mover", "hours_before"), [(Actor.supervisor, 0), (Actor.client, 24), (Actor.participant, 24)]
)
def test_a_time_that_the_supervisor_chose_is_free_until_it_begins(mover: Actor, hours_before: int) -> None:
    start = SUNDAY_OF_THE_LONG_NIGHT.astimezone(UTC)

    assert start - free_change_until_after_move(start, 24, mover) == timedelta(hours=hours_before)


@pytest.mark.parametrize(
    ("actor", "after_deadline", "late"),
    [
        (Actor.client, -MOMENT, False),
        (Actor.client, timedelta(0), False),
        (Actor.client, MOMENT, True),
        (Actor.participant, MOMENT, True),
        (Actor.supervisor, timedelta(days=1), False),
    ],
)
def test_late_is_after_the_deadline_and_never_the_supervisor(
    actor: Actor, after_deadline: timedelta, late: bool
) -> None:
    deadline = datetime(2026, 12, 6, 12, tzinfo=UTC)

    assert is_late_change(deadline, actor, deadline + after_deadline) is late
