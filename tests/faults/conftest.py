"""One start of everything for the faults of one worker; each test brings supervisors and processes of its own."""

from collections.abc import Callable, Iterator

import pytest

from tests.faults.comparison import faults_found
from tests.faults.installation import House, a_house
from tests.faults.load import Crowd

Compare = Callable[[Crowd], None]


@pytest.fixture(scope="package")
def house_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("faults")) as installation:
        yield installation


@pytest.fixture
def installation(house_of_all: House) -> House:
    """Healed by the fault before, and drained once more where a crowd begins."""
    house_of_all.smtp.behave()
    return house_of_all


@pytest.fixture
def crowd(installation: House) -> Iterator[Crowd]:
    """People who book, move and call off; they stop when the test ends."""
    crowd = Crowd.of(installation)
    yield crowd
    crowd.stop()


@pytest.fixture
def heal(installation: House) -> Compare:
    """Wait until all is done that can be done, and compare it with what people were promised."""

    def compare(crowd: Crowd) -> None:
        crowd.stop()
        installation.drain()
        assert "\n".join(faults_found(installation, crowd.ledger)) == ""

    return compare
