"""Many people book, move and call off on one calendar, and everything breaks at random."""

import os
import random
import signal
import time
from collections.abc import Callable

from services.local.up import DATABASES
from tests.faults.comparison import overlaps
from tests.faults.conftest import Compare
from tests.faults.house import House, tell
from tests.faults.load import Crowd
from tests.faults.servers import last

SOAK_SECONDS = float(os.environ.get("SOAK_SECONDS", "45"))
PARTS = [
    *(("api", "booking"), ("relay", "booking"), ("relay", "reporting"), ("tick", "notifier"), ("worker", "booking")),
    *(("consumer", "notifier"), ("pool", "notifier"), ("worker", "notifier"), ("worker", "reporting")),
]

ENDINGS = [signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]


def test_a_storm_on_one_calendar_leaves_no_overlap_and_letters_in_their_order(house: House, heal: Compare) -> None:
    crowd = Crowd.of(house, supervisors=1, days=12).start(people=8, calls_a_second=30)
    crowd.wait_for(150)
    heal(crowd)
    assert crowd.ledger.refused > 5, "the calendar was never crowded"
    assert list(overlaps(house)) == []


def test_all_faults_at_random_lose_nothing_and_double_nothing(house: House, crowd: Crowd, heal: Compare) -> None:
    seed = int(os.environ.get("SOAK_SEED", time.time_ns() % 1_000_000))
    print(f"SOAK_SEED={seed} SOAK_SECONDS={SOAK_SECONDS:g}")  # noqa: T201
    chance = random.Random(seed)
    crowd.start(seed=seed)
    due = time.monotonic() + 1
    for _ in last(SOAK_SECONDS):
        if time.monotonic() >= due:
            fault = chance.choice(FAULTS)
            print(f"{time.monotonic():.1f} {fault.__name__}")  # noqa: T201
            fault(house, chance)
            due = time.monotonic() + chance.uniform(1, 4)
    heal(crowd)


def kill(house: House, chance: random.Random) -> None:
    for process in house.find(*chance.choice(PARTS)):
        tell(process, chance.choice(ENDINGS))


def empty_redis(house: House, _chance: random.Random) -> None:
    house.redis.flush()


def restart_redis(house: House, chance: random.Random) -> None:
    with house.redis.down():
        for _ in last(chance.uniform(0, 2)):
            pass


def freeze_redis(house: House, chance: random.Random) -> None:
    with house.redis.frozen():
        for _ in last(chance.uniform(1, 7)):
            pass


def restart_postgres(house: House, _chance: random.Random) -> None:
    house.postgres.restart_at_once()


def cut_connections(house: House, chance: random.Random) -> None:
    house.postgres.cut_connections(chance.choice(list(DATABASES.values())))


def close_a_database(house: House, chance: random.Random) -> None:
    with house.postgres.closed(chance.choice(list(DATABASES.values()))):
        for _ in last(chance.uniform(0.5, 3)):
            pass


FAULTS: list[Callable[[House, random.Random], None]] = [
    *(kill, kill, kill, kill),
    *(empty_redis, restart_redis, freeze_redis, restart_postgres, cut_connections, close_a_database),
]
