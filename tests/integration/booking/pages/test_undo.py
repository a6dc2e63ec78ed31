"""Taking back what was just pressed on a page, in the two minutes in which nobody has been told of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.booking.sessions import undo
from services.core.clock import now
from services.core.database import transaction
from services.web.security.links import secret
from tests.integration.conftest import Browser, Face, Json
from tests.support.diary import at, book, day_ahead, keep_hours, slots

Make = Callable[..., Json]
MoveClock = Callable[[timedelta], None]
OVER = timedelta(minutes=2, seconds=1)


@pytest.fixture
def process(booking: Face, a_process: Make) -> Json:
    made = a_process()
    keep_hours(booking.admin, made["supervisor_id"])
    return made


@pytest.fixture
def session(booking: Face, process: Json) -> Json:
    return book(booking.admin, process, at(day_ahead(), "10:00"))


@pytest.fixture
def browser(booking: Face) -> TestClient:
    return booking.anonymous(Accept="text/html")


@pytest.fixture
def page(booking: Face, process: Json) -> str:
    with booking.engine.connect() as connection:
        query = text("SELECT page_link FROM participant WHERE id = :id")
        link = connection.execute(query, {"id": process["participants"][0]["id"]}).scalar_one()
    return f"/osallistuja/{secret(booking.settings.link_key, UUID(str(link)))}"


def now_of(booking: Face, session: Json) -> Json:
    found: Json = booking.admin.get(f"/api/v1/sessions/{session['id']}").json()
    return found


def published(booking: Face, one: Json, kind: str = "session") -> list[dict[str, Any]]:
    with booking.engine.connect() as connection:
        query = text("SELECT envelope FROM outbox WHERE aggregate = :one ORDER BY position")
        rows = connection.execute(query, {"one": f"{kind}/{one['id']}"}).scalars().all()
    return [{"type": row["type"], **row["data"]} for row in rows]


def test_a_cancellation_is_taken_back_as_if_it_had_never_been(
    booking: Face, browser: TestClient, page: str, session: Json
) -> None:
    here = f"{page}/tapaaminen/{session['id']}"

    shown = browser.get(browser.post(f"{here}/peru").headers["Location"]).text
    assert "Kumoa peruutus" in shown
    assert now_of(booking, session)["status"] == "cancelled"
    shown = browser.get(browser.post(f"{here}/kumoa").headers["Location"]).text

    assert "Muutos on kumottu" in shown
    assert "Kumoa peruutus" not in shown
    kept = ("status", "number", "starts_at", "ends_at", "cancelled_at")
    assert [now_of(booking, session)[field] for field in kept] == [session[field] for field in kept]
    told = published(booking, session)
    assert [(one["status"], one["undo_until"] is None) for one in told] == [
        ("booked", True),
        ("cancelled", False),
        ("booked", True),
    ]


def test_until_then_the_time_is_kept_and_afterwards_it_is_free(
    booking: Face, browser: TestClient, page: str, process: Json, session: Json, clock: MoveClock
) -> None:
    browser.post(f"{page}/tapaaminen/{session['id']}/peru")
    when = at(day_ahead(), "10:00")

    assert when not in slots(booking.admin, process["supervisor_id"], day_ahead())
    book(booking.admin, process, when, expect=409)
    clock(OVER)

    assert when in slots(booking.admin, process["supervisor_id"], day_ahead())
    book(booking.admin, process, when)
    late = browser.post(f"{page}/tapaaminen/{session['id']}/kumoa")
    assert late.status_code == 409
    assert "ei voi enää kumota" in late.text


def test_whoever_cancels_by_the_api_means_it(booking: Face, browser: TestClient, page: str, session: Json) -> None:
    booking.admin.post(f"/api/v1/sessions/{session['id']}/cancel")

    assert published(booking, session)[-1]["undo_until"] is None
    assert "Kumoa" not in browser.get(page).text
    assert browser.post(f"{page}/tapaaminen/{session['id']}/kumoa").status_code == 409


@pytest.mark.parametrize("new", ["13:00", "10:30"], ids=["elsewhere", "into its own time"])
def test_a_move_is_taken_back(
    booking: Face, browser: TestClient, page: str, process: Json, session: Json, new: str
) -> None:
    here = f"{page}/tapaaminen/{session['id']}"

    moved = browser.post(f"{here}/siirra", data={"starts_at": at(day_ahead(), new)})
    assert moved.status_code == 303
    assert now_of(booking, session)["starts_at"] == at(day_ahead(), new)
    browser.post(f"{here}/kumoa")

    assert now_of(booking, session)["starts_at"] == session["starts_at"]
    assert at(day_ahead(), "13:00") in slots(booking.admin, process["supervisor_id"], day_ahead())


def test_a_move_back_by_hand_finds_its_own_time_free(
    booking: Face, browser: TestClient, page: str, session: Json
) -> None:
    here = f"{page}/tapaaminen/{session['id']}"
    browser.post(f"{here}/siirra", data={"starts_at": at(day_ahead(), "13:00")})

    assert browser.post(f"{here}/siirra", data={"starts_at": session["starts_at"]}).status_code == 303
    assert now_of(booking, session)["starts_at"] == session["starts_at"]


def test_what_was_called_off_together_comes_back_together_but_for_what_changed_since(
    booking: Face, as_client: Callable[[Json], Browser], process: Json
) -> None:
    wanted = {"first_starts_at": at(day_ahead(weekday=2)), "every_weeks": 1, "count": 3, "mode": "onsite"}
    series = booking.admin.post(f"/api/v1/processes/{process['id']}/series", json=wanted).json()["sessions"]
    client = as_client(booking.admin.get(f"/api/v1/clients/{process['client_id']}").json())
    asked = client.get(f"/oma/tapaamiset/{series[0]['id']}/peru").text
    assert "Peru myös sarjan 2 myöhempää tapaamista" in asked

    done = client.post(f"/oma/tapaamiset/{series[0]['id']}/peru", data={"following": "1"})
    assert "ja 2 muuta" in client.get(done.headers["Location"]).text
    client.post(f"/oma/tapaamiset/{series[0]['id']}/kumoa")

    assert [now_of(booking, one)["status"] for one in series] == ["booked"] * 3
    assert [now_of(booking, one)["number"] for one in series] == [1, 2, 3]


def test_a_number_that_was_given_away_meanwhile_is_not_taken_back(
    booking: Face, browser: TestClient, page: str, process: Json, session: Json
) -> None:
    browser.post(f"{page}/tapaaminen/{session['id']}/peru")
    other = book(booking.admin, process, at(day_ahead(), "13:00"))
    browser.post(f"{page}/tapaaminen/{session['id']}/kumoa")

    assert [now_of(booking, one)["number"] for one in (session, other)] == [1, 2]  # as their times follow each other


def test_nobody_takes_back_what_another_has_done(
    booking: Face, browser: TestClient, as_client: Callable[[Json], Browser], page: str, process: Json, session: Json
) -> None:
    client = as_client(booking.admin.get(f"/api/v1/clients/{process['client_id']}").json())
    client.post(f"/oma/tapaamiset/{session['id']}/peru", data={})

    assert browser.post(f"{page}/tapaaminen/{session['id']}/kumoa").status_code == 409
    assert now_of(booking, session)["status"] == "cancelled"


def test_a_later_change_ends_what_can_be_taken_back(
    booking: Face, browser: TestClient, page: str, session: Json
) -> None:
    here = f"{page}/tapaaminen/{session['id']}"
    browser.post(f"{here}/siirra", data={"starts_at": at(day_ahead(), "13:00")})
    booking.admin.post(f"/api/v1/sessions/{session['id']}/cancel")

    assert browser.post(f"{here}/kumoa").status_code == 409
    assert now_of(booking, session)["status"] == "cancelled"


def test_the_page_says_what_will_happen_for_whom_and_at_what_price(
    booking: Face, browser: TestClient, page: str, session: Json
) -> None:
    here = f"{page}/tapaaminen/{session['id']}/peru"

    assert "Peruutus on maksuton" in browser.get(here).text
    with booking.engine.begin() as connection:
        connection.execute(text("UPDATE session SET free_until = now() - interval '1 minute', late_fee_percent = 50"))

    assert "laskutetaan 50\N{NO-BREAK SPACE}% hinnasta" in browser.get(here).text


def test_a_meeting_with_a_supervisor_who_was_deactivated_can_still_be_called_off(
    booking: Face, browser: TestClient, page: str, process: Json, session: Json
) -> None:
    assert booking.admin.post(f"/api/v1/supervisors/{process['supervisor_id']}/deactivate").status_code == 200

    assert browser.post(f"{page}/tapaaminen/{session['id']}/peru").status_code == 303
    assert now_of(booking, session)["status"] == "cancelled"
    assert browser.post(f"{page}/tapaaminen/{session['id']}/kumoa").status_code == 303
    assert now_of(booking, session)["status"] == "booked"


# -- first talks ------------------------------------------------------------------------------------------


@pytest.fixture
def talk(booking: Face, a_supervisor: Make) -> Json:
    supervisor = a_supervisor()
    keep_hours(booking.admin, supervisor["id"])
    wanted = {"supervisor_id": supervisor["id"], "starts_at": at(day_ahead(), "10:00"), "name": "Åke Öhman"}
    held: Json = booking.anonymous().post("/api/v1/intakes", json=wanted | {"email": "ake@example.fi"}).json()
    booking.admin.post(f"/api/v1/intakes/{held['id']}/confirm")
    return held | {"supervisor": supervisor}


@pytest.fixture
def talk_page(booking: Face, talk: Json) -> str:
    link = published(booking, talk, "intake")[-1]["link"]
    return f"/kartoitus/{secret(booking.settings.link_key, UUID(link))}"


def status_of(booking: Face, talk: Json) -> str:
    status: str = booking.admin.get(f"/api/v1/intakes/{talk['id']}").json()["status"]
    return status


def test_a_guest_takes_the_cancellation_of_a_first_talk_back(
    booking: Face, browser: TestClient, talk: Json, talk_page: str
) -> None:
    shown = browser.get(browser.post(f"{talk_page}/peru").headers["Location"]).text
    assert "Kumoa peruutus" in shown
    assert status_of(booking, talk) == "cancelled"
    assert talk["starts_at"] not in slots(booking.admin, talk["supervisor"]["id"], day_ahead())
    shown = browser.get(browser.post(f"{talk_page}/kumoa").headers["Location"]).text

    assert "Peruutus on kumottu" in shown
    assert "Kumoa peruutus" not in shown
    assert status_of(booking, talk) == "confirmed"
    told = published(booking, talk, "intake")
    assert [(one["status"], one["undo_until"] is None) for one in told] == [
        ("held", True),
        ("confirmed", True),
        ("cancelled", False),
        ("confirmed", True),
    ]
    assert browser.post(f"{talk_page}/kumoa").status_code == 409


def test_two_minutes_after_its_cancellation_the_time_of_a_first_talk_is_free(
    booking: Face, browser: TestClient, talk: Json, talk_page: str, clock: MoveClock
) -> None:
    browser.post(f"{talk_page}/peru")
    clock(OVER)

    assert talk["starts_at"] in slots(booking.admin, talk["supervisor"]["id"], day_ahead())
    assert "Kumoa" not in browser.get(talk_page).text
    assert browser.post(f"{talk_page}/kumoa").status_code == 409
    with transaction(booking.engine) as db:
        undo.end_undo_of_intakes(db, now(db))
        assert db.scalars(text("SELECT owner_id FROM occupied_time")).all() == []
        assert db.execute(text("SELECT undo_until, undo_by, network FROM intake")).one() == (None, None, None)


def test_only_who_cancelled_a_first_talk_takes_that_back(
    booking: Face, browser: TestClient, at_desk: Callable[[Json], Browser], talk: Json, talk_page: str
) -> None:
    desk = at_desk(talk["supervisor"])
    desk.post(f"/tyo/kartoitukset/{talk['id']}/peru")

    assert "Kumoa" not in browser.get(talk_page).text
    assert browser.post(f"{talk_page}/kumoa").status_code == 409
    desk.post(f"/tyo/kartoitukset/{talk['id']}/kumoa")
    assert status_of(booking, talk) == "confirmed"


def test_a_first_talk_that_was_never_confirmed_is_given_up_at_once(
    booking: Face, browser: TestClient, talk: Json
) -> None:
    wanted = {"supervisor_id": talk["supervisor"]["id"], "starts_at": at(day_ahead(), "13:00"), "name": "Aino"}
    held: Json = booking.anonymous().post("/api/v1/intakes", json=wanted | {"email": "aino@example.fi"}).json()
    page = f"/kartoitus/{secret(booking.settings.link_key, UUID(published(booking, held, 'intake')[-1]['link']))}"

    browser.post(f"{page}/peru")

    assert "Kumoa" not in browser.get(page).text
    assert held["starts_at"] in slots(booking.admin, talk["supervisor"]["id"], day_ahead())
