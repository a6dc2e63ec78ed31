"""How many statements the hot paths take, whatever the number of meetings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from tests.integration.conftest import Face
from tests.integration.diary import Json, at, book, day_ahead, keep_hours, slots

Make = Callable[..., Json]


@contextmanager
def counted(booking: Face) -> Iterator[list[str]]:
    """The statements that reach PostgreSQL meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(booking.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(booking.engine, "before_cursor_execute", note)


@pytest.fixture
def process(booking_api: TestClient, a_process: Make) -> Json:
    process = a_process()
    keep_hours(booking_api, process["supervisor_id"])
    return process


@pytest.fixture
def client_api(booking: Face, process: Json) -> TestClient:
    given = booking.admin.post(f"/api/v1/clients/{process['client_id']}/credentials").json()
    return booking.as_(given["client_id"], given["client_secret"])


def test_a_booking_by_the_supervisor_takes_at_most_eight(booking: Face, process: Json) -> None:
    with counted(booking) as statements:
        book(booking.admin, process, at(day_ahead()))

    assert len(statements) <= 8, statements


def test_a_booking_by_a_client_takes_at_most_eight(booking: Face, client_api: TestClient, process: Json) -> None:
    with counted(booking) as statements:
        book(client_api, process, at(day_ahead()))

    assert len(statements) <= 8, statements


def test_sixty_days_of_slots_take_at_most_five(booking: Face, process: Json) -> None:
    for hour in range(8, 12):
        book(booking.admin, process, at(day_ahead(), f"{hour:02}:00"))

    with counted(booking) as statements:
        found = slots(booking.admin, process["supervisor_id"], day_ahead(), day_ahead() + timedelta(days=60))

    assert len(found) > 500
    assert len(statements) <= 5, statements


@pytest.mark.parametrize("count", [2, 40])
def test_a_series_takes_as_many_statements_as_two_bookings_at_most(
    booking: Face, client_api: TestClient, process: Json, count: int
) -> None:
    wish = {"first_starts_at": at(day_ahead(weekday=2)), "every_weeks": 1, "count": count, "mode": "onsite"}
    keep_hours(booking.admin, process["supervisor_id"], holidays=None)

    with counted(booking) as statements:
        answer = client_api.post(f"/api/v1/processes/{process['id']}/series", json=wish)

    assert answer.status_code == 201, answer.text
    assert len(statements) <= 12, statements
