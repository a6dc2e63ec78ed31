"""SIGKILL of every kind of process, one after the other, under a load of bookings, moves and cancellations."""

from collections import Counter

import pytest

from tests.faults.conftest import Compare
from tests.faults.installation import House
from tests.faults.load import Case, Crowd
from tests.support.practice import eventually
from tests.support.receiver import Receiver, receiving

VICTIMS = [
    [("api", "booking")],
    [("relay", "booking"), ("relay", "reporting")],
    [("tick", "booking"), ("tick", "notifier"), ("tick", "reporting")],
    [("consumer", "booking"), ("consumer", "reporting")],
]
"""Those of one kind die at once."""

LEVELS = {"-2": "Ei puhuta", "-1": "Puhutaan joskus", "0": "Puhutaan viikoittain", "1": "Sovitaan", "2": "Sujuu"}


@pytest.fixture
def ended_rounds(installation: House, crowd: Crowd) -> list[Case]:
    """Processes in each of which a round of evaluation has just ended, so that a report is due."""
    practice = installation.practice
    for case in crowd.cases:
        goal = {"title": "Avoin puhe", "levels": LEVELS, "importance": 2, "baseline": -2}
        practice.put(f"/api/v1/processes/{case.id}/goals", [goal])
        (opened,) = practice.booking.get(f"/api/v1/processes/{case.id}/evaluations").json()["items"]
        practice.post(f"/api/v1/evaluations/{opened['id']}/close", {}, expected=200)
    return crowd.cases


def test_killed_processes_lose_and_double_nothing_and_leave_only_a_letter_at_the_server_uncertain(
    installation: House, crowd: Crowd, heal: Compare, ended_rounds: list[Case]
) -> None:
    """A report in the making is made once, and one letter tells each of it."""
    uncertain = count_uncertain(installation)
    for _ in range(2):
        eventually(lambda: is_one_in_the_making(installation), what="a report in the making")
        installation.signal("pool", "reporting")
    crowd.start()
    crowd.wait_for(6)
    for victims in VICTIMS:
        kill(installation, victims)
        crowd.wait_for(6)
    for part in ("consumer", "pool"):
        kill_a_sender_with_a_letter_at_the_server(installation, part)
        crowd.wait_for(6)

    heal(crowd)

    assert count_uncertain(installation) == uncertain + 2
    assert_one_report_and_one_letter_of_each(installation, ended_rounds)


def test_killed_processes_lose_no_webhook_and_double_none_that_its_id_does_not_tell(
    installation: House, crowd: Crowd, heal: Compare
) -> None:
    with receiving() as receiver:
        wanted = {"url": receiver.url, "types": SESSION_EVENTS}
        webhook = installation.practice.post("/api/v1/webhooks", wanted)
        (before,) = installation.rows("booking", "SELECT max(position) FROM outbox")
        crowd.start()
        crowd.wait_for(6)
        in_hand = kill_a_tick_with_webhooks_in_hand(installation, receiver)
        for victims in VICTIMS[:2]:
            kill(installation, victims)
            crowd.wait_for(6)
        heal(crowd)
        told = [event_id for (event_id,) in installation.rows("booking", TOLD_SINCE, *before, SESSION_EVENTS)]
        eventually(lambda: not installation.count("booking", OPEN_WEBHOOKS), what="every webhook")

        received = Counter(one.id for one in receiver.received)
        assert {one.id for one in receiver.hung} <= in_hand
        assert set(received) == set(told)
        assert {each for each, times in received.items() if times > 1} <= in_hand
        assert all(one.verified(webhook["secret"]) for one in receiver.received)
        installation.practice.booking.delete(f"/api/v1/webhooks/{webhook['id']}").raise_for_status()


SESSION_EVENTS = ["session.booked.v1", "session.rescheduled.v1", "session.cancelled.v1", "session.held.v1"]
TOLD_SINCE = "SELECT event_id::text FROM outbox WHERE position > %s AND envelope->>'type' = ANY(%s)"
OPEN_WEBHOOKS = """SELECT (SELECT count(*) FROM webhook_queue)
                   + (SELECT count(*) FROM webhook_delivery WHERE next_at IS NOT NULL)"""
END_WEBHOOK_LEASES = """UPDATE webhook_delivery SET leased_until = leased_until - interval '1 min',
                        next_at = next_at - interval '1 min' WHERE leased_until > now()"""
IN_HAND = "SELECT event_id::text FROM webhook_delivery WHERE leased_until > now()"


def kill_a_tick_with_webhooks_in_hand(installation: House, receiver: Receiver) -> set[str]:
    """While the receiver keeps them waiting. Leases of the dead, which last half a minute, end at once."""
    receiver.answers.clear()
    eventually(lambda: receiver.hung, what="webhooks in hand")
    dead = installation.signal("tick", "booking")
    receiver.answers.set()
    eventually(lambda: installation.find("tick", "booking") - dead, what="another tick")
    in_hand = {event_id for (event_id,) in installation.rows("booking", IN_HAND)}
    installation.change("booking", END_WEBHOOK_LEASES)
    return in_hand


def kill(installation: House, victims: list[tuple[str, str]]) -> None:
    """Until others have taken their place: what is killed next must not hide that they stay away."""
    dead = {victim: installation.signal(*victim) for victim in victims}
    eventually(
        lambda: all(installation.find(*victim) - dead[victim] for victim in victims), what=f"others after {victims}"
    )


# -- a letter at the server -------------------------------------------------------------------------------


def kill_a_sender_with_a_letter_at_the_server(installation: House, part: str) -> None:
    letters = len(installation.smtp.messages)
    installation.smtp.hang("KEPT")
    eventually(lambda: len(installation.smtp.messages) > letters, what="a letter that is kept and not answered")
    installation.signal(part, "notifier")
    installation.smtp.behave()


def count_uncertain(installation: House) -> int:
    return installation.count("notifier", "SELECT count(*) FROM letter WHERE status = 'uncertain'")


# -- a report in the making -------------------------------------------------------------------------------


def is_one_in_the_making(installation: House) -> bool:
    """Whether a worker holds the row of a report that is due."""
    due = installation.count("reporting", "SELECT count(*) FROM report WHERE status = 'due'")
    free = installation.rows("reporting", "SELECT id FROM report WHERE status = 'due' FOR UPDATE SKIP LOCKED")
    return due > len(free)


def assert_one_report_and_one_letter_of_each(installation: House, cases: list[Case]) -> None:
    made = "SELECT count(*), count(*) FILTER (WHERE status = 'compiled') FROM report WHERE process_id::text = %s"
    eventually(
        lambda: all(installation.rows("reporting", made, case.id) == [(1, 1)] for case in cases), what="every report"
    )
    installation.drain()
    sent = "SELECT count(*), count(DISTINCT subject_id) FROM letter WHERE kind = 'goal_report' AND status = 'sent'"
    of_these = f"{sent} AND process_id::text = ANY(%s)"
    ids = [case.id for case in cases]
    eventually(lambda: installation.rows("notifier", of_these, ids) == [(len(ids), len(ids))], what="letters")
    message_ids = [message["Message-ID"] for message in installation.smtp.messages]
    assert len(message_ids) == len(set(message_ids))
