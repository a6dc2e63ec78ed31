"""Events posted twice, three times and backwards, and more of every process than are needed."""

import signal
from typing import Any

from services.events.bus import PostOffice
from tests.faults.conftest import Compare
from tests.faults.house import House
from tests.faults.load import Crowd
from tests.integration.practice import eventually

UNCONFIRMED = """
    SELECT d.event_id, d.subscriber, o.envelope FROM outbox_delivery d JOIN outbox o USING (event_id)
    WHERE d.confirmed_at IS NULL ORDER BY o.position DESC
"""
HEARD = "SELECT event_id FROM inbox WHERE event_id = ANY(%s)"


def unconfirmed(house: House) -> list[tuple[Any, ...]]:
    return house.rows("booking", UNCONFIRMED)


def have_heard(house: House, waiting: list[tuple[Any, ...]]) -> bool:
    told = {reader: [event for event, who, _ in waiting if who == reader] for reader in ("notifier", "reporting")}
    return all(len(house.rows(reader, HEARD, events)) == len(events) for reader, events in told.items())


def repetitions(house: House) -> int:
    """How often the notifier was given an event that it knew."""
    return house.log("notifier-worker").count('"new": false')


def test_every_event_three_times_and_backwards_takes_effect_once_and_the_newest_stays(
    house: House, crowd: Crowd, heal: Compare
) -> None:
    house.signal("relay", "booking", signal.SIGSTOP)
    crowd.start(calls_a_second=20)
    crowd.wait_for(60)
    crowd.stop()
    waiting, office = unconfirmed(house), PostOffice(house.redis.server.url)
    for _ in range(3):
        for _, reader, envelope in waiting:
            office.post_event(envelope, to=reader)
    eventually(lambda: have_heard(house, waiting), 120, what="the hearing of every event")
    house.signal("relay", "booking", signal.SIGCONT)
    heal(crowd)


def test_what_a_relay_posted_and_died_before_writing_it_down_takes_effect_once(
    house: House, crowd: Crowd, heal: Compare
) -> None:
    house.signal("relay", "booking", signal.SIGSTOP)
    crowd.start()
    crowd.wait_for(15)
    crowd.stop()
    waiting, repeated = unconfirmed(house), repetitions(house)
    with house.postgres.connect("tyonohjaus_booking") as connection, connection.transaction():
        connection.execute("LOCK TABLE outbox_delivery IN SHARE MODE")  # lets the relay read, and not write
        house.signal("relay", "booking", signal.SIGCONT)
        eventually(lambda: any(have_heard(house, [each]) for each in waiting), what="the posting")
        house.signal("relay", "booking")
        eventually(lambda: repetitions(house) > repeated, what="a second posting of the same events")
    heal(crowd)


def test_two_relays_two_ticks_and_four_workers_do_everything_once(house: House, crowd: Crowd, heal: Compare) -> None:
    worker = ("services.cli", "work", "notifier", "--concurrency", "1")
    with house.beside(("services.events.relay", "booking"), ("services.notifier.tick",), worker, worker, worker):
        crowd.start(calls_a_second=15)
        crowd.wait_for(80)
        heal(crowd)
