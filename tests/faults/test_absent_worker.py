"""A worker of the notifier that stops for days and comes back tells nobody what is of no use any more."""

import random
import signal
from datetime import datetime, time, timedelta

import pytest

from services.workdays import at_wall_clock, local, working_day_on_or_before
from tests.faults.conftest import Compare
from tests.faults.house import House, tell
from tests.faults.load import Crowd, Meeting, Person
from tests.integration.practice import eventually
from tests.integration.start import descendants

UNPOSTED = "SELECT count(*) FROM outbox_delivery WHERE confirmed_at IS NULL AND posted_at IS NULL"


@pytest.fixture
def secretary(crowd: Crowd) -> Person:
    return Person(crowd, random.Random(), 0)


def kinds(house: House, meeting: Meeting) -> list[str]:
    query = """SELECT DISTINCT kind FROM letter JOIN mention ON letter_id = id
               WHERE meeting_id::text = %s AND status = 'sent' ORDER BY kind"""
    return [kind for (kind,) in house.rows("notifier", query, meeting.id)]


def working_day(house: House, days: int) -> datetime:
    day = working_day_on_or_before(local(house.practice.now()).date() + timedelta(days=days))
    return at_wall_clock(day, time(13))


@pytest.mark.parametrize("redis_keeps", [True, False], ids=["what waits is kept", "what waits is lost"])
def test_of_what_was_missed_only_that_is_told_which_still_matters(
    house: House, crowd: Crowd, heal: Compare, secretary: Person, redis_keeps: bool
) -> None:
    one, other = crowd.cases[0], crowd.cases[2]
    far = working_day(house, 16)
    kept, dropped = secretary.book(one, far), secretary.book(other, far)
    over = secretary.book(one, working_day(house, 9))
    moved = secretary.book(other, far + timedelta(hours=2))
    assert kept
    assert dropped
    assert over
    assert moved
    house.drain()

    (worker,) = house.find("worker", "notifier")
    tell(worker, signal.SIGSTOP)  # it lies there like one that nobody has started again yet
    for process in descendants(worker):
        tell(process, signal.SIGKILL)
    secretary.call_off(dropped)
    secretary.move(moved, far + timedelta(days=20))
    if not redis_keeps:
        eventually(lambda: house.count("booking", UNPOSTED) == 0, what="the post of what changed")
        house.redis.flush()
    house.practice.advance_to(kept.now.starts_at - timedelta(hours=3))
    tell(worker, signal.SIGKILL)
    heal(crowd)

    assert kinds(house, kept) == ["booking_confirmation", "reminder_day"]
    assert kinds(house, dropped) == ["booking_confirmation", "cancellation"]
    assert kinds(house, over) == ["booking_confirmation"]
    assert kinds(house, moved) == ["booking_confirmation", "reschedule"]
