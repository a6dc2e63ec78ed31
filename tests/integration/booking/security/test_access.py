"""Access that is ended at once: of a supervisor, of a credential, of a browser, also what was given out before."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.booking.models.people import Supervisor
from services.booking.supervision import parties
from services.core import clock
from services.core.database import Database
from services.web.security.tokens import Principal, Role, sign
from tests.integration.conftest import Browser, Face, Json, credentials_form, login_links
from tests.support.diary import at, book, day_ahead, keep_hours, slots
from tests.support.evaluation import told
from tests.support.practice import eventually

Make = Callable[..., Json]
API = "/api/v1"


WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def supervisor(booking: Face, a_supervisor: Make) -> Json:
    """With hours to book."""
    supervisor = a_supervisor()
    keep_hours(booking.admin, supervisor["id"])
    return supervisor


def credentials(booking: Face, supervisor: Json) -> Json:
    given: Json = booking.admin.post(f"{API}/supervisors/{supervisor['id']}/credentials").json()
    return given


def deactivate(booking: Face, supervisor: Json, word: str = "deactivate") -> Json:
    answer = booking.admin.post(f"{API}/supervisors/{supervisor['id']}/{word}")
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


def refused(who: TestClient, path: str = f"{API}/processes") -> Callable[[], bool]:
    return lambda: who.get(path).status_code == 401


def test_a_party_has_only_so_many_credentials_at_once(booking: Face, supervisor: Json) -> None:
    path = f"{API}/supervisors/{supervisor['id']}/credentials"
    given = [credentials(booking, supervisor)["client_id"] for _ in range(50)]

    refused = booking.admin.post(path)
    booking.admin.delete(f"{path}/{given[0]}")

    with ThreadPoolExecutor(4) as at_once:
        again = list(at_once.map(lambda _: booking.admin.post(path).status_code, range(4)))

    assert sorted(again) == [201, 409, 409, 409]
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "too-many-credentials")


# -- credentials and browsers -----------------------------------------------------------------------------


def test_the_tokens_of_a_revoked_credential_are_refused_within_seconds(booking: Face, supervisor: Json) -> None:
    given, other = credentials(booking, supervisor), credentials(booking, supervisor)
    gone, stays = (booking.as_(one["client_id"], one["client_secret"]) for one in (given, other))
    assert gone.get(f"{API}/processes").status_code == 200

    path = f"{API}/supervisors/{supervisor['id']}/credentials/{given['client_id']}"
    for _ in range(2):
        assert booking.admin.delete(path).status_code == 204

    eventually(refused(gone), 5, "the refusal")
    assert stays.get(f"{API}/processes").status_code == 200
    assert [one["credential"] for one in told(booking, "access.ended.v1")] == [given["client_id"]]


def test_who_logs_out_is_out_everywhere(booking: Face, at_desk: Callable[[Json], Browser], supervisor: Json) -> None:
    browser = at_desk(supervisor)

    browser.post("/ulos")

    assert browser.get("/tyo").status_code == 303
    (ended,) = told(booking, "access.ended.v1")
    assert ended["credential"].startswith("browser-")


def test_an_address_that_is_corrected_ends_the_logins_and_the_feed_of_before(
    booking: Face, at_desk: Callable[[Json], Browser], supervisor: Json
) -> None:
    browser, feed = at_desk(supervisor), supervisor["calendar_url"]
    assert booking.anonymous().get(feed).status_code == 200

    path = f"{API}/supervisors/{supervisor['id']}"
    match = {"If-Match": booking.admin.get(path).headers["etag"]}
    corrected = booking.admin.patch(path, json={"email": "maija.oikea@example.fi"}, headers=match).json()

    assert browser.get("/tyo").status_code == 303
    assert booking.anonymous().get(feed).status_code == 404
    assert booking.anonymous().get(corrected["calendar_url"]).status_code == 200
    assert len(told(booking, "access.ended.v1")) == 1


def test_who_changes_the_own_address_keeps_login_and_feed(booking: Face, supervisor: Json) -> None:
    given = credentials(booking, supervisor)
    mine = booking.as_(given["client_id"], given["client_secret"])
    path = f"{API}/supervisors/{supervisor['id']}"

    match = {"If-Match": mine.get(path).headers["etag"]}
    changed = mine.patch(path, json={"email": "maija.uusi@example.fi"}, headers=match).json()

    assert changed["calendar_url"] == supervisor["calendar_url"]
    assert told(booking, "access.ended.v1") == []


# -- supervisors ------------------------------------------------------------------------------------------


def test_a_deactivated_supervisor_gets_in_nowhere(
    booking: Face, at_desk: Callable[[Json], Browser], browser: Browser, supervisor: Json
) -> None:
    given, desk = credentials(booking, supervisor), at_desk(supervisor)
    program = booking.as_(given["client_id"], given["client_secret"])
    browser.post("/kirjaudu", data={"email": supervisor["email"]})
    waiting = login_links(booking)[-1]

    shown = deactivate(booking, supervisor)

    assert shown["deactivated_at"]
    assert desk.get("/tyo").status_code == 303
    assert browser.post(f"/kirjaudu/{waiting}", data={"party": supervisor["id"]}).status_code == 404
    browser.post("/kirjaudu", data={"email": supervisor["email"]})
    assert login_links(booking)[-1] == waiting
    form = {"grant_type": "client_credentials", **{name: given[name] for name in ("client_id", "client_secret")}}
    assert booking.anonymous().post("/oauth/token", data=form).status_code == 401
    eventually(refused(program), 5, "the refusal")
    assert booking.anonymous().get(supervisor["calendar_url"]).status_code == 404
    assert told(booking, "supervisor.changed.v1")[-1]["active"] is False
    assert told(booking, "access.ended.v1")[-1]["party_id"] == supervisor["id"]


def test_a_token_that_is_asked_for_while_its_supervisor_is_being_deactivated_is_refused(
    booking: Face, supervisor: Json
) -> None:
    given = credentials(booking, supervisor)
    form = credentials_form(given["client_id"], given["client_secret"])

    with ThreadPoolExecutor(1) as thread, Database(booking.engine) as db:
        found = db.get_one(Supervisor, supervisor["id"], with_for_update=True)
        parties.deactivate_supervisor(db, found, clock.now(db))
        asked = thread.submit(booking.anonymous().post, "/oauth/token", data=form)
        with booking.engine.connect() as other:
            eventually(lambda: other.execute(text(WAITING)).scalar_one() or asked.done(), 5, "the wait of a token")
        db.commit()

    assert asked.result().status_code == 401


def test_a_deactivated_supervisor_is_refused_whenever_their_token_was_given(booking: Face, supervisor: Json) -> None:
    """By how things stand: clocks may differ, and what was signed in between may bear a later instant."""
    deactivate(booking, supervisor)
    token = sign(booking.settings.token_signing_key, Principal(Role.supervisor, UUID(supervisor["id"]), "supervisor-x"))
    late = booking.anonymous(Authorization=f"Bearer {token}")
    eventually(refused(late), 5, "the refusal")

    deactivate(booking, supervisor, "activate")

    given = credentials(booking, supervisor)
    again = booking.as_(given["client_id"], given["client_secret"])
    eventually(lambda: again.get(f"{API}/processes").status_code == 200, 5, "the end of the refusal")
    assert refused(late)()
    assert len(told(booking, "access.ended.v1")) == 2


def test_a_deactivated_supervisor_can_be_booked_by_nobody_and_what_is_booked_stays(
    booking: Face, a_process: Make, a_client: Make, supervisor: Json
) -> None:
    process = a_process(supervisor_id=supervisor["id"])
    given = booking.admin.post(f"{API}/clients/{process['client_id']}/credentials").json()
    client = booking.as_(given["client_id"], given["client_secret"])
    booked = book(client, process, at(day_ahead()))
    day = day_ahead(21)
    talk = {"supervisor_id": supervisor["id"], "starts_at": at(day), "name": "Asta", "email": "asta@example.fi"}
    held = booking.anonymous().post(f"{API}/intakes", json=talk).json()

    deactivate(booking, supervisor)

    for api in (client, booking.admin):
        book(api, process, at(day, "12:00"), expect=409)
        moved = {"starts_at": at(day, "13:00")}
        assert patched(api, booked, moved).status_code == 409
    opened = {**{name: process[name] for name in ("supervisor_id", "client_id")}, "form": "individual", "title": "x"}
    opened |= {"planned_sessions": 5, "session_minutes": 60, "participants": [PERSON]}
    assert booking.admin.post(f"{API}/processes", json=opened).json()["type"].endswith("/supervisor-deactivated")
    assert booking.anonymous().post(f"{API}/intakes", json=talk | {"starts_at": at(day, "14:00")}).status_code == 409
    assert booking.admin.post(f"{API}/intakes/{held['id']}/confirm").status_code == 409
    assert slots(booking.admin, supervisor["id"], day) == []
    assert supervisor["id"] not in [one["id"] for one in client.get(f"{API}/supervisors").json()["items"]]
    assert supervisor["name"] not in booking.anonymous().get("/varaa").text
    assert client.get(f"{API}/sessions/{booked['id']}").json()["status"] == "booked"
    assert client.post(f"{API}/sessions/{booked['id']}/cancel", json={}).status_code == 200


PERSON: Json = {"first_name": "Liisa", "last_name": "Öhman", "email": "liisa@example.fi"}


def patched(api: TestClient, session: Json, wanted: Json) -> Any:
    path = f"{API}/sessions/{session['id']}"
    return api.patch(path, json=wanted, headers={"If-Match": api.get(path).headers["etag"]})


def test_a_deactivation_is_undone_but_what_was_given_before_stays_ended(
    booking: Face, at_desk: Callable[[Json], Browser], a_process: Make, supervisor: Json
) -> None:
    given, desk = credentials(booking, supervisor), at_desk(supervisor)
    before = booking.as_(given["client_id"], given["client_secret"])
    process = a_process(supervisor_id=supervisor["id"])

    deactivate(booking, supervisor)
    assert deactivate(booking, supervisor, "activate")["deactivated_at"] is None

    eventually(refused(before), 5, "the refusal")
    assert desk.get("/tyo").status_code == 303
    assert booking.as_(given["client_id"], given["client_secret"]).get(f"{API}/processes").status_code == 200
    assert at_desk(supervisor).get("/tyo").status_code == 200
    assert booking.anonymous().get(supervisor["calendar_url"]).status_code == 200
    book(booking.admin, process, at(day_ahead()))


def test_the_admin_is_asked_once_and_can_undo_it(booking: Face, as_admin: Browser, supervisor: Json) -> None:
    page = f"/yllapito/tyonohjaajat/{supervisor['id']}"
    assert f'href="{page}/poista-kaytosta"' in as_admin.get(page).text
    asked = as_admin.get(f"{page}/poista-kaytosta")
    assert "Sovittuja tapaamisia ei ole edessä." in asked.text

    assert as_admin.post(f"{page}/poista-kaytosta").headers["Location"] == f"{page}?tehty=poistettu"

    assert "Ota takaisin käyttöön" in as_admin.get(page).text
    assert "Poistettu käytöstä" in as_admin.get("/yllapito/tyonohjaajat").text
    assert as_admin.post(f"{page}/ota-kayttoon").headers["Location"] == f"{page}?tehty=palautettu"
    assert "Ota takaisin käyttöön" not in as_admin.get(page).text
    noted = as_admin.get("/yllapito/loki").text
    assert "poisti työnohjaajan käytöstä" in noted
    assert "otti työnohjaajan uudelleen käyttöön" in noted
