"""PostgreSQL restarted, its connections cut, a database closed, read-only or locked, in turn, under load."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from services.quickstart.up import DATABASES
from tests.faults.conftest import Compare
from tests.faults.installation import House
from tests.faults.load import Crowd, is_a_problem_that_says_when_to_come_back, refused
from tests.support.practice import eventually


def restarted_at_once(installation: House, crowd: Crowd) -> None:
    for _ in range(3):
        installation.postgres.restart_at_once()
        crowd.wait_for(10)


def every_connection_cut(installation: House, crowd: Crowd) -> None:
    for _ in range(4):
        for database in DATABASES.values():
            installation.postgres.cut_connections(database)
        crowd.wait_for(8)


def a_readers_database_away(installation: House, crowd: Crowd) -> None:
    """The others go on."""
    for service in ("notifier", "reporting"):
        with installation.postgres.closed(DATABASES[service]):
            crowd.wait_for(10)
            assert getattr(installation.practice, service).get("/readyz").status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert installation.practice.booking.get("/api/v1/supervisors").status_code == httpx.codes.OK


def bookings_database_away(installation: House, crowd: Crowd) -> None:
    """The other services go on."""
    practice = installation.practice
    with installation.postgres.closed(DATABASES["booking"]):
        answer = practice.booking.get("/api/v1/supervisors")
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert int(answer.headers["Retry-After"]) > 0
        assert practice.notifier.get("/api/v1/messages").status_code == httpx.codes.OK
        assert practice.reporting.get("/api/v1/reports").status_code == httpx.codes.OK
    eventually(lambda: practice.booking.get("/readyz").status_code == httpx.codes.OK, what="booking's return")
    crowd.wait_for(10)


def every_database_read_only(installation: House, crowd: Crowd) -> None:
    with read_only(installation):
        for _ in range(20):
            answer = eventually(lambda: refused(installation), what="a read-only database")
            assert is_a_problem_that_says_when_to_come_back(answer)
    crowd.wait_for(10)


@contextmanager
def read_only(installation: House) -> Iterator[None]:
    """As a stand-by server is, or one that an administrator has closed."""
    for database in DATABASES.values():
        set_read_only(installation, database, "on")
    try:
        yield
    finally:
        for database in DATABASES.values():
            set_read_only(installation, database, "off")


def set_read_only(installation: House, database: str, value: str) -> None:
    with installation.postgres.connect() as connection:
        connection.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = {value}".encode())
    installation.postgres.cut_connections(database)


def a_table_that_stays_locked(installation: House, crowd: Crowd) -> None:
    with installation.postgres.connect(DATABASES["booking"]) as connection, connection.transaction():
        connection.execute("LOCK TABLE client, session, outbox IN ACCESS EXCLUSIVE MODE")
        answer = eventually(lambda: refused(installation), what="a lock that is waited for")
        assert is_a_problem_that_says_when_to_come_back(answer)
        assert answer.elapsed.total_seconds() < 12
    crowd.wait_for(10)


FAULTS: list[Callable[[House, Crowd], None]] = [
    *(restarted_at_once, every_connection_cut, a_readers_database_away, bookings_database_away),
    *(every_database_read_only, a_table_that_stays_locked),
]


def test_whatever_postgresql_does_what_was_answered_is_there_and_the_same_key_books_once(
    installation: House, crowd: Crowd, heal: Compare
) -> None:
    crowd.start(people=6, calls_a_second=8)
    crowd.wait_for(10)
    for fault in FAULTS:
        fault(installation, crowd)
    heal(crowd)
