"""Events posted twice, three times and backwards."""

import signal
from typing import Any

from services.events.bus import EventPoster
from services.events.signatures import Signatures
from tests.faults.conftest import Compare
from tests.faults.installation import House
from tests.faults.load import Crowd
from tests.support.practice import eventually

UNCONFIRMED = """
    SELECT d.event_id, d.subscriber, o.envelope FROM outbox_delivery d JOIN outbox o USING (event_id)
    WHERE d.confirmed_at IS NULL ORDER BY o.position DESC
"""
HEARD = "SELECT event_id FROM inbox WHERE event_id = ANY(%s)"


def unconfirmed(installation: House) -> list[tuple[Any, ...]]:
    return installation.rows("booking", UNCONFIRMED)


def have_heard(installation: House, waiting: list[tuple[Any, ...]]) -> bool:
    told = {reader: [event for event, who, _ in waiting if who == reader] for reader in ("notifier", "reporting")}
    return all(len(installation.rows(reader, HEARD, events)) == len(events) for reader, events in told.items())


def repetitions(installation: House) -> int:
    """How often the notifier was given an event that it knew."""
    return installation.log("notifier-worker").count('"new": false')


def test_events_that_come_twice_three_times_and_backwards_take_effect_once_and_the_newest_stays(
    installation: House, crowd: Crowd, heal: Compare
) -> None:
    post_and_die_before_writing_it_down(installation, crowd)
    post_three_times_and_backwards(installation, crowd)
    heal(crowd)


def post_and_die_before_writing_it_down(installation: House, crowd: Crowd) -> None:
    waiting, repeated = held_back(installation, crowd, calls=15), repetitions(installation)
    with installation.postgres.connect("tyonohjaus_booking") as connection, connection.transaction():
        connection.execute("LOCK TABLE outbox_delivery IN SHARE MODE")  # lets the relay read, and not write
        installation.signal("relay", "booking", signal.SIGCONT)
        eventually(lambda: any(have_heard(installation, [each]) for each in waiting), what="the posting")
        installation.signal("relay", "booking")
        eventually(lambda: repetitions(installation) > repeated, what="a second posting of the same events")


def post_three_times_and_backwards(installation: House, crowd: Crowd) -> None:
    waiting, office = held_back(installation, crowd, calls=40), relay_of(installation)
    for _ in range(3):
        for _, reader, envelope in waiting:
            office.post_events([envelope], to=reader)
    eventually(lambda: have_heard(installation, waiting), 120, what="the hearing of every event")
    installation.signal("relay", "booking", signal.SIGCONT)


def relay_of(installation: House) -> EventPoster:
    """What posts and signs as booking's relay does."""
    shared = {reader: installation.settings()[f"BOOKING_{reader.upper()}_KEY"] for reader in ("notifier", "reporting")}
    return EventPoster(installation.redis.server.url, Signatures("booking", shared))


def held_back(installation: House, crowd: Crowd, calls: int) -> list[tuple[Any, ...]]:
    """Events of so many calls, with their readers, that a frozen relay has not posted; the newest first."""
    installation.signal("relay", "booking", signal.SIGSTOP)
    crowd.start(calls_a_second=20)
    crowd.wait_for(calls)
    crowd.stop()
    return unconfirmed(installation)
