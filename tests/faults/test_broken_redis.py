"""Redis killed, emptied, full, frozen and away, in turn, under a load of bookings, moves and cancellations."""

import os
import random
import time
from collections.abc import Callable
from statistics import quantiles

from tests.faults.conftest import Compare
from tests.faults.installation import House
from tests.faults.load import Crowd
from tests.faults.servers import last

PROMPT_SECONDS = 2.0
"""Less than the shortest time that anybody waits for Redis: no request does."""
AWAY_SECONDS = float(os.environ.get("SOAK_SECONDS", "16"))
"""With 150 it is longer than a consumer may be silent before it is taken for deaf (`working.Pulse`)."""


def killed_again_and_again(installation: House, crowd: Crowd) -> None:
    chance = random.Random(4)
    for _ in range(4):
        with installation.redis.down():
            for _ in last(chance.uniform(0, 2)):
                pass
        crowd.wait_for(5)


def emptied_in_mid_stream(installation: House, crowd: Crowd) -> None:
    for _ in range(3):
        installation.redis.flush()
        crowd.wait_for(5)


def full(installation: House, crowd: Crowd) -> None:
    with installation.redis.full():
        crowd.wait_for(15)


def frozen(installation: House, crowd: Crowd) -> None:
    """Longer than anybody waits for its answer."""
    with installation.redis.frozen():
        for _ in last(8):
            pass
    crowd.wait_for(5)


def away(installation: House, crowd: Crowd) -> None:
    crowd.wait_for(5)
    answered = len(crowd.ledger.waits)
    with installation.redis.down():
        for _ in last(AWAY_SECONDS):
            pass
        waits = crowd.ledger.waits[answered:]
    assert len(waits) > 50
    assert quantiles(waits, n=100)[98] < PROMPT_SECONDS


FAULTS: list[Callable[[House, Crowd], None]] = [killed_again_and_again, emptied_in_mid_stream, full, frozen, away]


def test_no_booking_no_letter_and_no_prompt_answer_needs_redis_to_be_well(
    installation: House, crowd: Crowd, heal: Compare
) -> None:
    crowd.start(people=6, calls_a_second=4)
    for fault in FAULTS:
        fault(installation, crowd)
    crowd.stop()
    back = time.monotonic()
    heal(crowd)
    assert time.monotonic() - back < 90
