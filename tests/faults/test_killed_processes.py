"""SIGKILL of every kind of process under a load of bookings, moves and cancellations."""

import pytest

from tests.faults.conftest import Compare
from tests.faults.house import House
from tests.faults.load import Crowd


@pytest.mark.parametrize(
    ("part", "service"), [("api", "booking"), ("relay", "booking"), ("consumer", "notifier"), ("pool", "notifier")]
)
def test_a_killed_process_loses_nothing_and_doubles_nothing(
    house: House, crowd: Crowd, heal: Compare, part: str, service: str
) -> None:
    crowd.start()
    crowd.wait_for(20)
    house.signal(part, service)
    crowd.wait_for(20)
    heal(crowd)
