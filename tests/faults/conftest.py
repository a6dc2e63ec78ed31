"""One start of everything for all faults; each test brings supervisors and processes of its own."""

from collections.abc import Callable, Iterator

import pytest

from tests.faults.comparison import faults_found
from tests.faults.house import House, a_house
from tests.faults.load import Crowd

Compare = Callable[[Crowd], None]


@pytest.fixture(scope="session")
def house_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("faults")) as house:
        yield house


@pytest.fixture
def house(house_of_all: House) -> House:
    """With nothing left over from the fault before."""
    house_of_all.smtp.behave()
    house_of_all.drain()
    return house_of_all


@pytest.fixture
def crowd(house: House) -> Iterator[Crowd]:
    """People who book, move and call off; they stop when the test ends."""
    crowd = Crowd.of(house)
    yield crowd
    crowd.stop()


@pytest.fixture
def heal(house: House) -> Compare:
    """Wait until all is done that can be done, and compare it with what people were promised."""

    def compare(crowd: Crowd) -> None:
        crowd.stop()
        house.drain()
        assert "\n".join(faults_found(house, crowd.ledger)) == ""

    return compare
