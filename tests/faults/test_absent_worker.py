"""A worker of the notifier that stops for days and comes back tells nobody what is of no use any more."""

import random
import signal
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pytest

from services.finnish.workdays import at_wall_clock, local, working_day_on_or_before
from tests.faults.conftest import Compare
from tests.faults.installation import House, tell
from tests.faults.load import Crowd, Meeting, Person
from tests.support.practice import eventually
from tests.support.start import descendants

UNPOSTED = "SELECT count(*) FROM outbox_delivery WHERE confirmed_at IS NULL AND posted_at IS NULL"


@pytest.fixture
def secretary(crowd: Crowd) -> Person:
    return Person(crowd, random.Random(), 0)


def kinds(installation: House, meeting: Meeting) -> list[str]:
    query = """SELECT DISTINCT kind FROM letter JOIN mention ON letter_id = id
               WHERE meeting_id::text = %s AND status = 'sent' ORDER BY kind"""
    return [kind for (kind,) in installation.rows("notifier", query, meeting.id)]


def working_day(installation: House, days: int) -> datetime:
    day = working_day_on_or_before(local(installation.practice.now()).date() + timedelta(days=days))
    return at_wall_clock(day, time(13))


@dataclass(frozen=True)
class Missed:
    """Meetings of which three change, or are over, while the worker is away."""

    kept: Meeting
    dropped: Meeting
    over: Meeting
    moved: Meeting


def book(installation: House, secretary: Person, hours: int) -> Missed:
    """So many hours after one o'clock."""
    one, other, later = secretary.crowd.cases[0], secretary.crowd.cases[2], timedelta(hours=hours)
    far, soon = working_day(installation, 16) + later, working_day(installation, 9) + later
    places = [(one, far), (other, far), (one, soon), (other, far + timedelta(hours=2))]
    booked = [secretary.book(*place) for place in places]
    return Missed(*(meeting for meeting in booked if meeting))


def change(secretary: Person, missed: Missed) -> None:
    secretary.call_off(missed.dropped)
    secretary.move(missed.moved, missed.moved.now.starts_at + timedelta(days=20))


def test_of_what_was_missed_only_that_is_told_which_still_matters(
    installation: House, crowd: Crowd, heal: Compare, secretary: Person
) -> None:
    """Whether it waits in Redis all the time, or is lost there."""
    lost, waiting = book(installation, secretary, hours=0), book(installation, secretary, hours=4)
    installation.drain()

    (worker,) = installation.find("worker", "notifier")
    tell(worker, signal.SIGSTOP)  # it lies there like one that nobody has started again yet
    for process in descendants(worker):
        tell(process, signal.SIGKILL)
    change(secretary, lost)
    eventually(lambda: installation.count("booking", UNPOSTED) == 0, what="the post of what changed")
    installation.redis.flush()
    change(secretary, waiting)
    eventually(lambda: installation.count("booking", UNPOSTED) == 0, what="the post of what changed later")
    installation.practice.advance_to(lost.kept.now.starts_at - timedelta(hours=3))
    tell(worker, signal.SIGKILL)
    heal(crowd)

    for missed in (lost, waiting):
        assert kinds(installation, missed.kept) == ["booking_confirmation", "reminder_day"]
        assert kinds(installation, missed.dropped) == ["booking_confirmation", "cancellation"]
        assert kinds(installation, missed.over) == ["booking_confirmation"]
        assert kinds(installation, missed.moved) == ["booking_confirmation", "reschedule"]
