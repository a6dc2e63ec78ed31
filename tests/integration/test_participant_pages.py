"""A participant's pages: what a link in a letter opens, and what its buttons do."""

import re
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from services.web.links import secret
from tests.integration.conftest import Face, Json
from tests.integration.diary import at, book, day_ahead, keep_hours

Make = Callable[..., Json]


@pytest.fixture
def browser(booking: Face) -> TestClient:
    return booking.anonymous(Accept="text/html")


@pytest.fixture
def a_bookable_process(booking_api: TestClient, a_process: Make) -> Make:
    """``a_bookable_process(form=…)`` has a supervisor with hours."""

    def make(**wishes: object) -> Json:
        process = a_process(**wishes)
        keep_hours(booking_api, process["supervisor_id"])
        return process

    return make


@pytest.fixture
def a_session(booking_api: TestClient) -> Callable[..., Json]:
    """``a_session(process, "12:00")`` is booked on a day in two weeks."""

    def make(process: Json, clock: str = "10:00") -> Json:
        return book(booking_api, process, at(day_ahead(), clock))

    return make


def page_of(booking: Face, person: Json) -> str:
    with booking.engine.connect() as connection:
        link = connection.execute(
            text("SELECT page_link FROM participant WHERE id = :id"), {"id": person["id"]}
        ).scalar_one()
    return f"/osallistuja/{secret(booking.settings.link_key, UUID(str(link)))}"


def statuses(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT status FROM session ORDER BY number")).scalars())


def test_opening_pages_changes_nothing(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    session = a_session(process)
    page = page_of(booking, process["participants"][0])

    for _ in range(2):
        assert "Hei, Liisa" in browser.get(page).text
        assert "Peru tapaaminen" in browser.get(f"{page}/tapaaminen/{session['id']}").text
        assert browser.get(f"{page}/tapaaminen/{session['id']}/peru").status_code == 405

    assert statuses(booking.engine) == ["booked"]
    assert browser.get(page).headers["Cache-Control"] == "no-store"


def test_the_button_calls_the_meeting_off_once(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    session = a_session(process)
    page = page_of(booking, process["participants"][0])

    for _ in range(2):  # a double click
        answer = browser.post(f"{page}/tapaaminen/{session['id']}/peru")
        assert answer.status_code == 303

    assert "Tapaaminen on peruttu" in browser.get(answer.headers["Location"]).text
    with booking.engine.connect() as connection:
        told = connection.execute(
            text("SELECT envelope FROM outbox WHERE aggregate LIKE 'session/%' ORDER BY position")
        )
        kinds = [(envelope["type"], envelope["data"]["changed_by"]) for envelope in told.scalars()]
    assert kinds == [("session.booked.v1", "supervisor"), ("session.cancelled.v1", "participant")]


def test_a_free_time_of_the_page_can_be_taken(
    booking: Face, browser: TestClient, booking_api: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    session = a_session(process)
    place = f"{page_of(booking, process['participants'][0])}/tapaaminen/{session['id']}"
    times = re.findall(r'name="starts_at" value="([^"]+)"', browser.get(place).text)

    answer = browser.post(f"{place}/siirra", data={"starts_at": times[-1]})

    assert answer.status_code == 303
    assert "Tapaaminen on siirretty" in browser.get(answer.headers["Location"]).text
    moved = booking_api.get(f"/api/v1/sessions/{session['id']}").json()
    assert datetime.fromisoformat(moved["starts_at"]) == datetime.fromisoformat(times[-1])


def test_a_time_that_was_taken_meanwhile_leaves_the_meeting_where_it_is(
    booking: Face, browser: TestClient, booking_api: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    session, other = a_session(process), a_session(process, "13:00")
    place = f"{page_of(booking, process['participants'][0])}/tapaaminen/{session['id']}"

    answer = browser.post(f"{place}/siirra", data={"starts_at": other["starts_at"]})

    assert answer.status_code == 409
    assert f'href="{place}"' in answer.text
    assert booking_api.get(f"/api/v1/sessions/{session['id']}").json()["starts_at"] == session["starts_at"]


def test_a_member_of_a_group_is_told_that_a_change_is_for_all(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process(form="group", participants=3)
    session = a_session(process)
    page = page_of(booking, process["participants"][0])

    shown = browser.get(page).text + browser.get(f"{page}/tapaaminen/{session['id']}").text
    assert "koskee kaikkia osallistujia" in shown
    for other in process["participants"][1:]:
        assert other["email"] not in shown
        assert other["first_name"] not in shown
    assert browser.post(f"{page}/tapaaminen/{session['id']}/peru").status_code == 303
    assert statuses(booking.engine) == ["cancelled"]


def test_nobody_alone_brings_a_fee_upon_a_group(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process(form="group", participants=3)
    session = a_session(process)
    with booking.engine.begin() as connection:
        connection.execute(text("UPDATE session SET free_until = now() - interval '1 minute'"))
    place = f"{page_of(booking, process['participants'][0])}/tapaaminen/{session['id']}"

    assert "/peru" not in browser.get(place).text
    assert browser.post(f"{place}/peru").status_code == 409
    assert statuses(booking.engine) == ["booked"]


def test_a_link_opens_only_its_own_process(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    mine, theirs = a_bookable_process(), a_bookable_process()
    session = a_session(theirs)
    page = page_of(booking, mine["participants"][0])

    assert browser.get(f"{page}/tapaaminen/{session['id']}").status_code == 404
    assert browser.post(f"{page}/tapaaminen/{session['id']}/peru").status_code == 404
    assert browser.post(f"{page}/tapaaminen/{session['id']}/siirra", data={"starts_at": "x"}).status_code == 422


@pytest.mark.parametrize("wrong", ["a" * 43, "aaaaaaaa", "%00", "..%2fetc", "ä" * 43, "a" * 5000])
def test_a_made_up_link_opens_nothing(browser: TestClient, wrong: str) -> None:
    answer = browser.get(f"/osallistuja/{wrong}")

    assert answer.status_code == 404
    assert wrong not in answer.text


def test_who_left_or_was_erased_finds_nothing(
    booking: Face, browser: TestClient, booking_api: TestClient, a_process: Make
) -> None:
    process = a_process(form="group", participants=3)
    left, erased, _ = process["participants"]
    pages = page_of(booking, left), page_of(booking, erased)
    booking_api.delete(f"/api/v1/processes/{process['id']}/participants/{left['id']}")
    booking_api.delete(f"/api/v1/participants/{erased['id']}")

    assert [browser.get(page).status_code for page in pages] == [404, 404]


def test_participants_take_their_data_with_them(booking: Face, browser: TestClient, a_process: Make) -> None:
    process = a_process()
    person = process["participants"][0]

    held = browser.get(f"{page_of(booking, person)}/tiedot")

    assert held.json()["participant"]["email"] == person["email"]
    assert "attachment" in held.headers["Content-Disposition"]


def test_a_process_is_closed_with_the_meetings_ahead_of_it_when_asked(
    booking: Face, booking_api: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    session = a_session(process)

    refused = booking_api.post(f"/api/v1/processes/{process['id']}/close")
    assert (refused.status_code, [one["id"] for one in refused.json()["sessions"]]) == (409, [session["id"]])

    closed = booking_api.post(f"/api/v1/processes/{process['id']}/close", json={"cancel_sessions": True})
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    assert statuses(booking.engine) == ["cancelled"]
