"""PostgreSQL restarted, its connections cut, one service's database closed, under load."""

from collections.abc import Callable

import httpx
import pytest

from services.local.up import DATABASES
from tests.faults.conftest import Compare
from tests.faults.house import House
from tests.faults.load import Crowd
from tests.integration.practice import eventually


def restarted_at_once(house: House, crowd: Crowd) -> None:
    for _ in range(3):
        house.postgres.restart_at_once()
        crowd.wait_for(10)


def every_connection_cut(house: House, crowd: Crowd) -> None:
    for _ in range(5):
        for database in DATABASES.values():
            house.postgres.cut_connections(database)
        crowd.wait_for(8)


@pytest.mark.parametrize("fault", [restarted_at_once, every_connection_cut])
def test_what_was_answered_is_there_and_the_same_key_books_once(
    house: House, crowd: Crowd, heal: Compare, fault: Callable[[House, Crowd], None]
) -> None:
    crowd.start(people=6, calls_a_second=15)
    crowd.wait_for(10)
    fault(house, crowd)
    heal(crowd)


@pytest.mark.parametrize("service", ["notifier", "reporting"])
def test_a_reader_whose_database_is_away_catches_up_while_people_go_on_booking(
    house: House, crowd: Crowd, heal: Compare, service: str
) -> None:
    crowd.start()
    with house.postgres.closed(DATABASES[service]):
        crowd.wait_for(30)
        assert getattr(house.practice, service).get("/readyz").status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert house.practice.booking.get("/api/v1/supervisors").status_code == httpx.codes.OK
    heal(crowd)


def test_while_booking_has_no_database_the_other_services_go_on(house: House, crowd: Crowd, heal: Compare) -> None:
    practice = house.practice
    crowd.start()
    crowd.wait_for(10)
    with house.postgres.closed(DATABASES["booking"]):
        refused = practice.booking.get("/api/v1/supervisors")
        assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert int(refused.headers["Retry-After"]) > 0
        assert practice.notifier.get("/api/v1/messages").status_code == httpx.codes.OK
        assert practice.reporting.get("/api/v1/reports").status_code == httpx.codes.OK
    eventually(lambda: practice.booking.get("/readyz").status_code == httpx.codes.OK, what="booking's return")
    crowd.wait_for(10)
    heal(crowd)
