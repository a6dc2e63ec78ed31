"""How many sessions were agreed, and which of them one is: by time, however they are booked, moved and cancelled."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.booking.sessions.test_series import allow_more
from tests.integration.conftest import Browser, Face, Json
from tests.support.diary import at, book, change, day_ahead, days_ahead, keep_hours

Make = Callable[..., Json]
Enter = Callable[[Json], Browser]


@pytest.fixture
def process(booking_api: TestClient, a_process: Make) -> Json:
    made = a_process(planned_sessions=2)
    keep_hours(booking_api, made["supervisor_id"], holidays=None)
    return made


def numbers(api: TestClient, process: Json) -> list[int]:
    """Of those that stand, by time."""
    found = api.get("/api/v1/sessions", params={"process_id": process["id"]}).json()["items"]
    return [one["number"] for one in found if one["status"] != "cancelled"]


def test_numbers_follow_time_whatever_is_booked_moved_and_cancelled(booking_api: TestClient, process: Json) -> None:
    days = days_ahead(5)
    third = book(booking_api, process, at(days[3]))
    first, second = (book(booking_api, process, at(day)) for day in days[1:3])
    assert (third["number"], first["number"], second["number"]) == (1, 1, 2)
    assert numbers(booking_api, process) == [1, 2, 3]

    assert change(booking_api, first, starts_at=at(days[4]))["number"] == 3
    assert numbers(booking_api, process) == [1, 2, 3]

    booking_api.post(f"/api/v1/sessions/{second['id']}/cancel")
    assert numbers(booking_api, process) == [1, 2]
    assert book(booking_api, process, at(days[0]))["number"] == 1
    assert numbers(booking_api, process) == [1, 2, 3]


def test_a_series_among_other_sessions_is_numbered_with_them(booking_api: TestClient, process: Json) -> None:
    day = day_ahead(weekday=2)
    book(booking_api, process, at(day + timedelta(days=1)))
    series = {"first_starts_at": at(day), "every_weeks": 1, "count": 2, "mode": "onsite"}

    booked = booking_api.post(f"/api/v1/processes/{process['id']}/series", json=series).json()["sessions"]

    assert [one["number"] for one in booked] == [1, 3]


def test_a_client_books_no_more_than_was_agreed_unless_the_supervisor_allows_it(
    booking: Face, booking_api: TestClient, at_desk: Enter, process: Json
) -> None:
    days = days_ahead(4)
    client = booking_api.get(f"/api/v1/clients/{process['client_id']}").json()
    api = with_credentials(booking, f"/api/v1/clients/{client['id']}")
    page = f"/oma/prosessit/{process['id']}/varaa"
    desk = at_desk(client | {"email": client["contact"]["email"]})
    book(api, process, at(days[0]))
    series = {"first_starts_at": at(days[1]), "every_weeks": 1, "count": 2, "mode": "onsite"}
    refused = api.post(f"/api/v1/processes/{process['id']}/series", json=series)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "more-than-agreed")
    assert "Kaikki sovitut" not in desk.get(page).text
    book(api, process, at(days[1]))

    refused = api.post(
        "/api/v1/sessions", json={"process_id": process["id"], "starts_at": at(days[2]), "mode": "onsite"}
    )
    assert refused.status_code == 409
    assert "3. tapaaminen, sovittu on 2" in refused.json()["detail"]
    assert "Kaikki sovitut tapaamiset on jo varattu." in desk.get(page).text
    assert desk.post(page, data={"starts_at": at(days[2]), "mode": "onsite"}).status_code == 409

    supervisor = at_desk(booking_api.get(f"/api/v1/supervisors/{process['supervisor_id']}").json())
    assert "Tilaaja saa varata sovittua enemmän" in supervisor.get(f"/tyo/prosessit/{process['id']}/muuta").text
    place = f"/api/v1/processes/{process['id']}"
    match = {"If-Match": api.get(place).headers["etag"]}
    assert api.patch(place, json={"clients_may_exceed": True}, headers=match).status_code == 403
    allow_more(booking_api, process)

    assert "Kaikki sovitut" not in desk.get(page).text
    book(api, process, at(days[2]))


def test_the_supervisor_presses_once_more_for_more_than_was_agreed(
    booking_api: TestClient, at_desk: Enter, process: Json
) -> None:
    days = days_ahead(3)
    for day in days[:2]:
        book(booking_api, process, at(day))
    desk = at_desk(booking_api.get(f"/api/v1/supervisors/{process['supervisor_id']}").json())
    page = f"/tyo/tapaamiset/uusi/{process['id']}"
    typed = {"starts_at": at(days[2]), "mode": "onsite", "minutes": "60"}

    asked = desk.post(page, data=typed)

    assert "Tämä olisi 3. tapaaminen, sovittu on 2." in asked.text
    assert 'name="enemman"' in asked.text
    assert numbers(booking_api, process) == [1, 2]
    assert desk.post(page, data=typed | {"enemman": "1"}).status_code == 303
    assert numbers(booking_api, process) == [1, 2, 3]
    book(booking_api, process, at(days[2], "14:00"))  # programs mean what they send


def test_taking_a_cancellation_back_brings_no_more_than_was_agreed(
    booking: Face, booking_api: TestClient, at_desk: Enter, process: Json
) -> None:
    days = days_ahead(3)
    client = booking_api.get(f"/api/v1/clients/{process['client_id']}").json()
    api = with_credentials(booking, f"/api/v1/clients/{client['id']}")
    desk = at_desk(client | {"email": client["contact"]["email"]})
    first, _ = (book(api, process, at(day)) for day in days[:2])
    page = f"/oma/tapaamiset/{first['id']}"
    assert desk.post(f"{page}/peru").status_code == 303
    instead = book(api, process, at(days[2]))

    refused = desk.post(f"{page}/kumoa")

    assert refused.status_code == 409
    assert "3. tapaaminen, sovittu on 2" in refused.text
    assert numbers(booking_api, process) == [1, 2]
    api.post(f"/api/v1/sessions/{instead['id']}/cancel").raise_for_status()
    assert desk.post(f"{page}/kumoa").status_code == 303
    assert numbers(booking_api, process) == [1, 2]
