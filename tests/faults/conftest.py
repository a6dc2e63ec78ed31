"""One start of everything for all faults; each test brings supervisors and processes of its own."""

from collections.abc import Callable, Iterator

import pytest

from services.local.binaries import unprivileged_account
from tests.faults.comparison import faults_found
from tests.faults.house import House, open_house
from tests.faults.load import Crowd
from tests.faults.servers import breakable_servers
from tests.smtp_catcher import SmtpCatcher

Compare = Callable[[Crowd], None]


@pytest.fixture(scope="session")
def house_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("faults")
    smtp = SmtpCatcher()
    smtp.open()
    try:
        with (
            breakable_servers(home, unprivileged_account()) as (postgres, redis),
            open_house(home / "house", postgres, redis, smtp) as house,
        ):
            yield house
    finally:
        smtp.close()


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
