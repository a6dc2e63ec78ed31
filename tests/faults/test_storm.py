"""Many people book, move and call off on one calendar, with more of every process than are needed; then all breaks."""

import os
import random
import signal
import time
from collections.abc import Callable

from services.quickstart.up import DATABASES
from tests.faults.comparison import overlaps
from tests.faults.conftest import Compare
from tests.faults.installation import House, tell
from tests.faults.load import Crowd
from tests.faults.servers import last

SOAK_SECONDS = float(os.environ.get("SOAK_SECONDS", "20"))
PARTS = [
    *(("api", "booking"), ("relay", "booking"), ("relay", "reporting"), ("tick", "notifier"), ("worker", "booking")),
    *(("consumer", "notifier"), ("pool", "notifier"), ("worker", "notifier"), ("worker", "reporting")),
]

ENDINGS = [signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]


WORKER = ("services.cli", "work", "notifier", "--concurrency", "1")
MORE_OF_EACH = [("services.events.relay", "booking"), ("services.notifier.periodic",), WORKER, WORKER, WORKER]


def test_a_storm_on_one_calendar_and_two_of_every_process_leave_no_overlap_and_do_everything_once(
    installation: House, heal: Compare
) -> None:
    with installation.beside(*MORE_OF_EACH):
        crowd = Crowd.of(installation, supervisors=1, days=12).start(people=8, calls_a_second=30)
        crowd.wait_for(150)
        heal(crowd)
    assert crowd.ledger.refused > 5, "the calendar was never crowded"
    assert list(overlaps(installation)) == []


def test_all_faults_at_random_lose_nothing_and_double_nothing(installation: House, crowd: Crowd, heal: Compare) -> None:
    seed = int(os.environ.get("SOAK_SEED", time.time_ns() % 1_000_000))
    print(f"SOAK_SEED={seed} SOAK_SECONDS={SOAK_SECONDS:g}")  # noqa: T201
    chance = random.Random(seed)
    crowd.start(seed=seed)
    due = time.monotonic() + 1
    for _ in last(SOAK_SECONDS):
        if time.monotonic() >= due:
            fault = chance.choice(FAULTS)
            print(f"{time.monotonic():.1f} {fault.__name__}")  # noqa: T201
            fault(installation, chance)
            due = time.monotonic() + chance.uniform(1, 4)
    heal(crowd)


def kill(installation: House, chance: random.Random) -> None:
    for process in installation.find(*chance.choice(PARTS)):
        tell(process, chance.choice(ENDINGS))


def empty_redis(installation: House, _chance: random.Random) -> None:
    installation.redis.flush()


def restart_redis(installation: House, chance: random.Random) -> None:
    with installation.redis.down():
        for _ in last(chance.uniform(0, 2)):
            pass


def freeze_redis(installation: House, chance: random.Random) -> None:
    with installation.redis.frozen():
        for _ in last(chance.uniform(1, 7)):
            pass


def restart_postgres(installation: House, _chance: random.Random) -> None:
    installation.postgres.restart_at_once()


def cut_connections(installation: House, chance: random.Random) -> None:
    installation.postgres.cut_connections(chance.choice(list(DATABASES.values())))


def close_a_database(installation: House, chance: random.Random) -> None:
    with installation.postgres.closed(chance.choice(list(DATABASES.values()))):
        for _ in last(chance.uniform(0.5, 3)):
            pass


FAULTS: list[Callable[[House, random.Random], None]] = [
    *(kill, kill, kill, kill),
    *(empty_redis, restart_redis, freeze_redis, restart_postgres, cut_connections, close_a_database),
]
