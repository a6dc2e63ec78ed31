"""SIGKILL and SIGTERM of every kind of process under a load of bookings, moves and cancellations."""

import random
import signal
import time
from datetime import timedelta
from functools import partial

import pytest

from tests.faults.conftest import Compare
from tests.faults.house import OPEN_DELIVERIES, House, tell
from tests.faults.load import Case, Crowd, Person
from tests.faults.servers import last
from tests.integration.practice import eventually
from tests.integration.start import alive
from tests.queues import held_by

GRACE_SECONDS = 35
"""What a worker may take to end what it has begun; `docker compose stop` gives it 40."""


@pytest.mark.parametrize(
    "victims",
    [
        [("api", "booking")],
        [("relay", "booking"), ("relay", "reporting")],
        [("tick", "booking"), ("tick", "notifier"), ("tick", "reporting")],
        [("consumer", "booking"), ("consumer", "reporting")],
    ],
    ids=lambda victims: "-".join(victims[0]),
)
def test_a_killed_process_loses_nothing_and_doubles_nothing(
    house: House, crowd: Crowd, heal: Compare, victims: list[tuple[str, str]]
) -> None:
    crowd.start()
    crowd.wait_for(15)
    for part, service in victims:
        house.signal(part, service)
    crowd.wait_for(25)
    heal(crowd)


@pytest.mark.parametrize("part", ["consumer", "pool"])
def test_a_sender_killed_with_a_letter_at_the_server_leaves_that_one_uncertain_and_no_other(
    house: House, crowd: Crowd, heal: Compare, part: str
) -> None:
    before = house.count("notifier", "SELECT count(*) FROM letter WHERE status = 'uncertain'")
    crowd.start()
    crowd.wait_for(10)
    letters = len(house.smtp.messages)
    house.smtp.hang("KEPT")
    eventually(lambda: len(house.smtp.messages) > letters, what="a letter that is kept and not answered")
    house.signal(part, "notifier")
    house.smtp.behave()
    crowd.wait_for(15)
    heal(crowd)
    assert house.count("notifier", "SELECT count(*) FROM letter WHERE status = 'uncertain'") == before + 1


def test_workers_killed_every_few_seconds_lose_nothing_and_double_nothing(
    house: House, crowd: Crowd, heal: Compare
) -> None:
    chance = random.Random(1)
    crowd.start(people=8, calls_a_second=25)  # so many that each kill meets somebody with an event in hand
    due = time.monotonic()
    for _ in last(20):
        if time.monotonic() >= due:
            for process in house.find(chance.choice(["consumer", "pool", "worker"]), "notifier"):
                tell(process, signal.SIGKILL)
            due = time.monotonic() + chance.uniform(1, 3)
    heal(crowd)


def test_an_event_that_a_frozen_worker_took_and_died_with_is_posted_again_by_itself(
    house: House, crowd: Crowd, heal: Compare
) -> None:
    person = Person(crowd, random.Random(), 0)
    for attempt in range(20):
        eventually(lambda: house.count("booking", OPEN_DELIVERIES) == 0, what="a worker that has nothing to do")
        house.signal("consumer", "notifier", signal.SIGSTOP)
        person.book(crowd.cases[0], crowd.first_morning + timedelta(days=50 + attempt))
        eventually(lambda: posted(house), what="the post of the booking")
        if is_in_a_frozen_hand(house):
            break
        house.signal("consumer", "notifier", signal.SIGCONT)  # it was not waiting at this moment
    assert is_in_a_frozen_hand(house)
    crowd.start()
    crowd.wait_for(10)
    house.signal("consumer", "notifier")
    crowd.stop()
    house.drain(patiently=True)
    heal(crowd)


POSTED = """SELECT event_id::text FROM outbox_delivery
            WHERE subscriber = 'notifier' AND confirmed_at IS NULL AND posted_at IS NOT NULL"""


def posted(house: House) -> list[str]:
    return [event for (event,) in house.rows("booking", POSTED)]


def is_in_a_frozen_hand(house: House) -> bool:
    """Whether an event is neither where it was posted nor handled."""
    with house.redis.client(decode_responses=True) as server:
        waiting = held_by(server)
    handled = [event for (event,) in house.rows("notifier", "SELECT event_id::text FROM inbox")]
    return any(event not in waiting and event not in handled for event in posted(house))


def are_dead(processes: set[int]) -> bool:
    return not alive(processes)


def test_a_rolling_restart_under_load_ends_each_process_in_its_time(house: House, crowd: Crowd, heal: Compare) -> None:
    crowd.start()
    crowd.wait_for(10)
    for part, service in [("worker", "notifier"), ("worker", "reporting"), ("worker", "booking"), ("api", "booking")]:
        asked, before = time.monotonic(), house.signal(part, service, signal.SIGTERM)
        eventually(partial(are_dead, before), what=f"the end of {service}'s {part}")
        assert time.monotonic() - asked < GRACE_SECONDS
        eventually(partial(house.find, part, service), what=f"{service}'s new {part}")
    crowd.wait_for(10)
    heal(crowd)


# -- a report in the making -------------------------------------------------------------------------------


LEVELS = {"-2": "Ei puhuta", "-1": "Puhutaan joskus", "0": "Puhutaan viikoittain", "1": "Sovitaan", "2": "Sujuu"}


@pytest.fixture
def ended_rounds(house: House, crowd: Crowd) -> list[Case]:
    """Processes in each of which a round of evaluation has just ended, so that a report is due."""
    practice = house.practice
    for case in crowd.cases:
        goal = {"title": "Avoin puhe", "levels": LEVELS, "importance": 2, "baseline": -2}
        practice.put(f"/api/v1/processes/{case.id}/goals", [goal])
        (opened,) = practice.booking.get(f"/api/v1/processes/{case.id}/evaluations").json()["items"]
        practice.post(f"/api/v1/evaluations/{opened['id']}/close", {}, expected=200)
    return crowd.cases


def is_one_in_the_making(house: House) -> bool:
    """Whether a worker holds the row of a report that is due."""
    due = house.count("reporting", "SELECT count(*) FROM report WHERE status = 'due'")
    free = house.rows("reporting", "SELECT id FROM report WHERE status = 'due' FOR UPDATE SKIP LOCKED")
    return due > len(free)


def test_a_reporting_worker_killed_in_the_middle_of_a_report_leaves_one_report_and_one_letter_of_each(
    house: House, ended_rounds: list[Case]
) -> None:
    for _ in range(2):
        eventually(lambda: is_one_in_the_making(house), what="a report in the making")
        house.signal("pool", "reporting")
    made = "SELECT count(*), count(*) FILTER (WHERE status = 'compiled') FROM report WHERE process_id::text = %s"
    eventually(
        lambda: all(house.rows("reporting", made, case.id) == [(1, 1)] for case in ended_rounds), what="every report"
    )
    house.drain()
    sent = "SELECT count(*), count(DISTINCT subject_id) FROM letter WHERE kind = 'goal_report' AND status = 'sent'"
    in_these = " AND process_id::text = ANY(%s)"
    cases = [case.id for case in ended_rounds]
    eventually(lambda: house.rows("notifier", sent + in_these, cases) == [(len(cases), len(cases))], what="letters")
    ids = [message["Message-ID"] for message in house.smtp.messages]
    assert len(ids) == len(set(ids))
