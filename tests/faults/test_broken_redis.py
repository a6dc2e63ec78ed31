"""Redis killed, emptied, away, frozen and full, under a load of bookings, moves and cancellations."""

import os
import random
import time
from collections.abc import Callable
from statistics import quantiles

import pytest

from tests.faults.conftest import Compare
from tests.faults.house import House
from tests.faults.load import Crowd
from tests.faults.servers import last

PROMPT_SECONDS = 2.0
"""Less than the shortest time that anybody waits for Redis: no request does."""
AWAY_SECONDS = float(os.environ.get("SOAK_SECONDS", "30"))
"""With 150 it is longer than a consumer may be silent before it is taken for deaf (`working.Pulse`)."""


def killed_again_and_again(house: House, crowd: Crowd) -> None:
    chance = random.Random(4)
    for _ in range(4):
        with house.redis.down():
            for _ in last(chance.uniform(0, 2)):
                pass
        crowd.wait_for(10)


def emptied_in_mid_stream(house: House, crowd: Crowd) -> None:
    for _ in range(3):
        house.redis.flush()
        crowd.wait_for(10)


def frozen_three_times(house: House, crowd: Crowd) -> None:
    for _ in range(3):
        with house.redis.frozen():
            for _ in last(8):
                pass
        crowd.wait_for(10)


def full(house: House, crowd: Crowd) -> None:
    with house.redis.full():
        crowd.wait_for(40)


@pytest.mark.parametrize("fault", [killed_again_and_again, emptied_in_mid_stream, frozen_three_times, full])
def test_no_booking_and_no_letter_needs_redis_to_be_well(
    house: House, crowd: Crowd, heal: Compare, fault: Callable[[House, Crowd], None]
) -> None:
    crowd.start()
    crowd.wait_for(10)
    fault(house, crowd)
    heal(crowd)


def test_while_redis_is_away_people_are_answered_as_promptly_as_ever(house: House, crowd: Crowd, heal: Compare) -> None:
    crowd.start(calls_a_second=4)
    with house.redis.down():
        for _ in last(AWAY_SECONDS):
            pass
        waits = list(crowd.ledger.waits)
    crowd.stop()
    back = time.monotonic()
    heal(crowd)
    assert len(waits) > 50
    assert quantiles(waits, n=100)[98] < PROMPT_SECONDS
    assert time.monotonic() - back < 90
