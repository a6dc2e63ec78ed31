"""A deploy under load: a migration runs while old code works, then every process is replaced, one after the other."""

import signal

from tests.faults.conftest import Compare
from tests.faults.house import House
from tests.faults.load import Crowd
from tests.integration.practice import eventually

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


def replace(house: House, part: str, service: str) -> None:
    """Ask the processes of one kind to end; others take their place."""
    old = house.signal(part, service, signal.SIGTERM)
    eventually(lambda: (now := house.find(part, service)) and not now & old, 90, what=f"another {service} {part}")


def test_new_columns_and_tables_under_load_and_a_rolling_restart_lose_nothing(
    house: House, crowd: Crowd, heal: Compare
) -> None:
    crowd.start()
    crowd.wait_for(10)
    for service, statements in EXPANSIONS.items():
        for statement in statements:
            house.change(service, statement)
    crowd.wait_for(10)
    for part, service in (
        ("worker", "notifier"),
        ("worker", "reporting"),
        ("worker", "booking"),
        ("api", "booking"),
        ("api", "notifier"),
    ):
        replace(house, part, service)
        crowd.wait_for(5)
    for service, statements in CONTRACTIONS.items():
        for statement in statements:
            house.change(service, statement)
    crowd.wait_for(10)
    heal(crowd)
