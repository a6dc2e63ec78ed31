"""How many statements the hot paths take, whatever the number of meetings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from services.booking.evaluation import round_jobs
from services.booking.privacy import retention
from services.booking.sessions import intakes
from services.events import relay
from tests.integration.booking.sessions.test_series import allow_more
from tests.integration.conftest import Face
from tests.support.diary import Json, at, book, day_ahead, keep_hours, slots

Make = Callable[..., Json]

LOOKS = ("FROM ended_access", "FROM practice", "WHERE supervisor.deactivated_at IS NOT NULL")


@contextmanager
def counted(booking: Face) -> Iterator[list[str]]:
    """The statements that reach PostgreSQL meanwhile, but for the look at ended access: each second, not each time."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not any(look in statement for look in LOOKS):
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
    wanted = {"first_starts_at": at(day_ahead(weekday=2)), "every_weeks": 1, "count": count, "mode": "onsite"}
    keep_hours(booking.admin, process["supervisor_id"], holidays=None)
    allow_more(booking.admin, process)

    with counted(booking) as statements:
        answer = client_api.post(f"/api/v1/processes/{process['id']}/series", json=wanted)

    assert answer.status_code == 201, answer.text
    assert len(statements) <= 12, statements


def test_moving_and_cancelling_take_at_most_twelve(booking: Face, client_api: TestClient, process: Json) -> None:
    session = book(client_api, process, at(day_ahead()))
    path = f"/api/v1/sessions/{session['id']}"

    with counted(booking) as moved:
        client_api.patch(path, json={"starts_at": at(day_ahead(), "12:00")}, headers={"If-Match": '"1"'})
    with counted(booking) as cancelled:
        client_api.post(f"{path}/cancel")

    assert 5 < len(moved) <= 12, moved
    assert 5 < len(cancelled) <= 9, cancelled


@pytest.mark.parametrize("path", ["sessions", "processes", "clients", "supervisors"])
def test_a_list_takes_as_many_statements_with_one_as_with_many(
    booking: Face, process: Json, a_process: Make, path: str
) -> None:
    book(booking.admin, process, at(day_ahead()))
    with counted(booking) as one:
        booking.admin.get(f"/api/v1/{path}")
    for hour in (11, 12):
        another = a_process()
        book(booking.admin, another, at(day_ahead(), f"{hour}:00"))

    with counted(booking) as many:
        booking.admin.get(f"/api/v1/{path}")

    assert len(many) == len(one) <= 4, many


def test_a_tick_with_nothing_to_do_takes_a_statement_or_two_a_table(booking: Face, process: Json) -> None:
    book(booking.admin, process, at(day_ahead()))

    with counted(booking) as statements:
        intakes.expire_unconfirmed_intakes(booking.engine)
        round_jobs.close_next_round(booking.engine)
        round_jobs.open_rounds_by_calendar(booking.engine, booking.settings.link_key)
        retention.forget_batch(booking.engine, booking.settings)
        relay.prune_batch(booking.engine)

    assert len(statements) <= 41, statements
