"""A deploy under load: a migration runs while old code works, then every process is replaced, one after the other."""

import random
import signal
import time
from datetime import timedelta

from tests.faults.conftest import Compare
from tests.faults.installation import OPEN_DELIVERIES, House
from tests.faults.load import Crowd, Person
from tests.support.practice import eventually
from tests.support.queues import held_by
from tests.support.start import alive

GRACE_SECONDS = 35
"""What a worker may take to end what it has begun; `docker compose stop` gives it 40."""

EXPANSIONS = {
    "booking": [
        "ALTER TABLE session ADD COLUMN room text",
        "ALTER TABLE outbox ADD COLUMN region text NOT NULL DEFAULT 'fi'",
        "CREATE TABLE room (id uuid PRIMARY KEY, name text NOT NULL)",
    ],
    "notifier": [
        "ALTER TABLE letter ADD COLUMN colour text NOT NULL DEFAULT 'white'",
        "CREATE INDEX CONCURRENTLY letters_by_colour ON letter (colour)",
    ],
    "reporting": ["ALTER TABLE session ADD COLUMN room text"],
}
"""What a next version may do first: only things that old code does not notice."""
CONTRACTIONS = {
    "booking": ["ALTER TABLE session DROP COLUMN room", "ALTER TABLE outbox DROP COLUMN region", "DROP TABLE room"],
    "notifier": ["ALTER TABLE letter DROP COLUMN colour"],
    "reporting": ["ALTER TABLE session DROP COLUMN room"],
}
REPLACED = [("worker", "notifier"), ("worker", "reporting"), ("worker", "booking"), ("api", "booking")]


def test_new_columns_and_tables_under_load_and_a_rolling_restart_lose_nothing(
    installation: House, crowd: Crowd, heal: Compare
) -> None:
    """Each process ends in its time; what one took that froze and was killed is posted again by itself."""
    freeze_with_an_event_in_hand(installation, crowd)
    crowd.start()
    crowd.wait_for(6)
    installation.signal("consumer", "notifier")
    change(installation, EXPANSIONS)
    crowd.wait_for(6)
    for part, service in REPLACED:
        replace(installation, part, service)
        crowd.wait_for(3)
    change(installation, CONTRACTIONS)
    crowd.wait_for(6)
    crowd.stop()
    installation.drain(patiently=True)

    heal(crowd)


def change(installation: House, statements: dict[str, list[str]]) -> None:
    for service, each in statements.items():
        for statement in each:
            installation.change(service, statement)


def replace(installation: House, part: str, service: str) -> None:
    """Ask the processes of one kind to end; others take their place."""
    asked, old = time.monotonic(), installation.signal(part, service, signal.SIGTERM)
    eventually(lambda: not alive(old), what=f"the end of {service}'s {part}")
    assert time.monotonic() - asked < GRACE_SECONDS
    eventually(lambda: installation.find(part, service), 90, what=f"another {service} {part}")


# -- an event that is taken and not handled ---------------------------------------------------------------


def freeze_with_an_event_in_hand(installation: House, crowd: Crowd) -> None:
    """The notifier's consumer waits for Redis when it freezes: Redis gives it the next event, and nobody handles it."""
    person = Person(crowd, random.Random(), 0)
    for attempt in range(20):
        eventually(lambda: installation.count("booking", OPEN_DELIVERIES) == 0, what="a worker that has nothing to do")
        installation.signal("consumer", "notifier", signal.SIGSTOP)
        person.book(crowd.cases[0], crowd.first_morning + timedelta(days=50 + attempt))
        eventually(lambda: posted(installation), what="the post of the booking")
        if is_in_a_frozen_hand(installation):
            return
        installation.signal("consumer", "notifier", signal.SIGCONT)  # it was not waiting at this moment
    raise AssertionError("no event was ever in a frozen hand")


POSTED = """SELECT event_id::text FROM outbox_delivery
            WHERE subscriber = 'notifier' AND confirmed_at IS NULL AND posted_at IS NOT NULL"""


def posted(installation: House) -> list[str]:
    return [event for (event,) in installation.rows("booking", POSTED)]


def is_in_a_frozen_hand(installation: House) -> bool:
    """Whether an event is neither where it was posted nor handled."""
    with installation.redis.client(decode_responses=True) as server:
        waiting = held_by(server)
    handled = [event for (event,) in installation.rows("notifier", "SELECT event_id::text FROM inbox")]
    return any(event not in waiting and event not in handled for event in posted(installation))
