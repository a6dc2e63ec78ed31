"""A client's pages: what they ordered, booking, moving and calling off, and what belongs to somebody else."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.finnish.workdays import HELSINKI
from tests.integration.conftest import Browser, Face, Json
from tests.support.diary import at, book, day_ahead, keep_hours
from tests.support.month_page import times

Make = Callable[..., Json]
AsClient = Callable[[Json], Browser]


@pytest.fixture
def client(a_client: Make) -> Json:
    return a_client()


@pytest.fixture
def process(booking_api: TestClient, a_process: Make, client: Json) -> Json:
    """A process that this client ordered, whose supervisor has hours."""
    made = a_process(client_id=client["id"], title='<script>alert(1)</script>"><img onerror=x> {{7*7}}')
    keep_hours(booking_api, made["supervisor_id"])
    return made


@pytest.fixture
def browser(as_client: AsClient, client: Json) -> Browser:
    return as_client(client)


def first_free(browser: Browser, process: Json, clock: str = "10:00") -> str:
    """The value of a free time in the form, on a day in two weeks."""
    day = day_ahead()
    page = browser.get(f"/oma/prosessit/{process['id']}/varaa?kuukausi={day:%Y-%m}&paiva={day}").text
    starts = re.findall(r'name="starts_at" value="([^"]+)"', page)
    return next(str(start) for start in starts if start == at(day, clock).replace("Z", "+00:00"))


def wanted(starts_at: str, **changes: str) -> dict[str, str]:
    return {"kerta": "k" * 20, "starts_at": starts_at, "minutes": "60", "mode": "onsite"} | changes


def sessions(booking_api: TestClient, process: Json) -> list[Json]:
    return list(booking_api.get("/api/v1/sessions", params={"process_id": process["id"]}).json()["items"])


def test_what_somebody_wrote_is_shown_and_never_run(browser: Browser, process: Json) -> None:
    for path in ("/oma", f"/oma/prosessit/{process['id']}", f"/oma/prosessit/{process['id']}/varaa"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
        assert "<img onerror" not in page.text
        assert "{{7*7}}" in page.text


def test_a_meeting_is_booked_once_however_often_the_button_is_pressed(
    booking_api: TestClient, browser: Browser, process: Json
) -> None:
    form = wanted(first_free(browser, process))
    answers = [browser.post(f"/oma/prosessit/{process['id']}/varaa", data=form) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {303}
    assert len(sessions(booking_api, process)) == 1
    assert "Aika on varattu" in browser.get(answers[0].headers["Location"]).text


def test_a_taken_time_is_told_and_nothing_typed_is_lost(
    booking_api: TestClient, browser: Browser, process: Json
) -> None:
    start = first_free(browser, process)
    book(booking_api, process, at(day_ahead(), "10:00"))
    page = browser.post(
        f"/oma/prosessit/{process['id']}/varaa", data=wanted(start, location="Kirjasto", kerta="toinen-kerta")
    )

    assert page.status_code == 409
    assert "Aika on jo varattu" in page.text
    assert 'value="Kirjasto"' in page.text
    assert len(re.findall(r'name="starts_at"', page.text)) > 3, "the other times of the day are still offered"


@pytest.mark.parametrize("typed", ["", "huomenna", "2027-01-01T10:00:00", "9999-12-31T23:59:59+00:00"])
def test_a_time_that_is_none_is_told_beside_its_field(browser: Browser, process: Json, typed: str) -> None:
    page = browser.post(f"/oma/prosessit/{process['id']}/varaa", data=wanted(typed))

    assert page.status_code in (409, 422)
    assert 'role="alert"' in page.text


def test_a_series_is_solved_conflict_by_conflict_and_booked_at_once(
    booking_api: TestClient, browser: Browser, process: Json
) -> None:
    here = f"/oma/prosessit/{process['id']}/varaa"
    in_two_weeks = datetime.fromisoformat(first_free(browser, process)).astimezone(HELSINKI) + timedelta(days=14)
    book(booking_api, process, in_two_weeks.astimezone(UTC).isoformat())
    form = wanted(first_free(browser, process), every_weeks="2", count="3", location="Kirjasto")

    clashes = browser.post(here, data=form)
    assert clashes.status_code == 409
    assert len(sessions(booking_api, process)) == 1
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', clashes.text))
    offered = re.findall(r'name="(instead\.1)" value="([^"]+)"', clashes.text)
    assert kept["location"] == "Kirjasto"
    assert offered[-1] == ("instead.1", "pois")

    solved = browser.post(here, data=kept | {"instead.1": html.unescape(offered[0][1])})
    assert solved.status_code == 303
    assert "Ajat on varattu" in browser.get(solved.headers["Location"]).text
    assert len(sessions(booking_api, process)) == 4


def test_a_meeting_is_moved_and_called_off(booking_api: TestClient, browser: Browser, process: Json) -> None:
    session = book(booking_api, process, at(day_ahead(), "10:00"))
    later = datetime.fromisoformat(session["starts_at"]) + timedelta(hours=3)
    here = f"/oma/tapaamiset/{session['id']}"

    moved = browser.post(f"{here}/siirra", data={"starts_at": later.isoformat()})
    assert moved.status_code == 303
    assert "on siirretty" in browser.get(moved.headers["Location"]).text
    assert datetime.fromisoformat(sessions(booking_api, process)[0]["starts_at"]) == later

    called_off = browser.post(f"{here}/peru", data={"reason": "Sairastuin"})
    assert called_off.status_code == 303
    assert sessions(booking_api, process)[0]["status"] == "cancelled"
    assert "on peruttu" in browser.get(here).text


def test_a_meeting_hides_none_of_the_times_next_to_it_when_it_is_moved(
    booking_api: TestClient, browser: Browser, process: Json
) -> None:
    keep_hours(booking_api, process["supervisor_id"], slot_step_minutes=30, daily_limit=1)
    day = day_ahead()
    here = f"/oma/tapaamiset/{book(booking_api, process, at(day, '10:00'))['id']}"

    shown = times(browser.get(f"{here}?kuukausi={day:%Y-%m}&paiva={day}").text)
    moved = browser.post(f"{here}/siirra", data={"starts_at": at(day, "09:30")})

    assert {at(day, "09:30"), at(day, "10:30")} <= {start.replace("+00:00", "Z") for start in shown}
    assert moved.headers["Location"].endswith("?tehty=siirretty")


def test_a_time_that_is_gone_leaves_the_meeting_where_it_was(
    booking_api: TestClient, browser: Browser, process: Json
) -> None:
    session = book(booking_api, process, at(day_ahead(), "10:00"))
    book(booking_api, process, at(day_ahead(), "13:00"))
    refused = browser.post(f"/oma/tapaamiset/{session['id']}/siirra", data={"starts_at": at(day_ahead(), "13:00")})

    assert refused.status_code == 409
    assert "Aika on jo varattu" in refused.text
    assert sessions(booking_api, process)[0]["starts_at"] == session["starts_at"]


def test_others_find_nothing_of_it(
    booking_api: TestClient, as_client: AsClient, at_desk: AsClient, a_client: Make, a_supervisor: Make, process: Json
) -> None:
    session = book(booking_api, process, at(day_ahead(), "10:00"))
    stranger, supervisor = as_client(a_client()), at_desk(a_supervisor())
    for path in (
        f"/oma/prosessit/{process['id']}",
        f"/oma/prosessit/{process['id']}/varaa",
        f"/oma/tapaamiset/{session['id']}",
    ):
        assert stranger.get(path).status_code == 404
        assert supervisor.get(path).status_code == 404
    for path in (f"/oma/prosessit/{process['id']}/varaa", f"/oma/tapaamiset/{session['id']}/peru"):
        assert stranger.post(path, data={}).status_code == 404
        assert supervisor.post(path, data={}).status_code == 404
    assert sessions(booking_api, process)[0]["status"] == "booked"


def test_who_has_not_logged_in_does_so_first_and_loses_nothing(
    booking_api: TestClient, browser: Browser, process: Json
) -> None:
    form = wanted(first_free(browser, process), location='"><b>Kirjasto')
    browser.cookies.clear()

    assert browser.get("/oma").headers["Location"] == "/kirjaudu?paluu=%2Foma"
    expired = browser.post(f"/oma/prosessit/{process['id']}/varaa", data=form)
    assert expired.status_code == 401
    assert "&#34;&gt;&lt;b&gt;Kirjasto" in expired.text
    assert sessions(booking_api, process) == []


def test_a_client_without_processes_is_told_how_it_begins(as_client: AsClient, a_client: Make) -> None:
    assert "Varaa kartoittava keskustelu" in as_client(a_client()).get("/oma").text


# -- who takes part ---------------------------------------------------------------------------------------


@pytest.fixture
def team(a_process: Make, client: Json) -> Json:
    return a_process("team", 2, client_id=client["id"])


def people(booking_api: TestClient, process: Json) -> dict[str, Json]:
    found = booking_api.get(f"/api/v1/processes/{process['id']}").json()["participants"]
    return {person["first_name"]: person for person in found}


def test_whom_a_client_proposes_joins_with_the_supervisors_yes(
    booking_api: TestClient, browser: Browser, team: Json
) -> None:
    here = f"/oma/prosessit/{team['id']}/osallistujat"
    person = {"first_name": "Väinö", "last_name": "Åberg", "email": "vaino@example.fi"}
    assert [browser.post(here, data=person | {"kerta": "kerta-1"}).status_code for _ in range(2)] == [303, 303]
    again = browser.post(here, data=person | {"kerta": "kerta-2"})
    (proposal,) = booking_api.get(f"/api/v1/processes/{team['id']}/proposals").json()["items"]

    assert "Tätä osoitetta on jo ehdotettu." in again.text
    assert "Odottaa työnohjaajan hyväksyntää" in browser.get(here).text
    assert "Väinö" not in people(booking_api, team)
    withdrawn = browser.post(f"{here}/ehdotukset/{proposal['id']}/peru")
    assert "Ehdotus on peruttu." in browser.get(withdrawn.headers["location"]).text
    browser.post(here, data=person | {"kerta": "kerta-3"})
    (proposal,) = booking_api.get(f"/api/v1/processes/{team['id']}/proposals").json()["items"]

    accepted = booking_api.post(f"/api/v1/processes/{team['id']}/proposals/{proposal['id']}/accept")

    assert accepted.status_code == 201
    assert "Väinö" in people(booking_api, team)
    assert booking_api.get(f"/api/v1/processes/{team['id']}/proposals").json()["items"] == []


def test_people_are_changed_and_removed(booking_api: TestClient, browser: Browser, team: Json) -> None:
    here = f"/oma/prosessit/{team['id']}/osallistujat"
    person = {"first_name": "Väinö", "last_name": "Åberg", "email": "vaino@example.fi", "kerta": "kerta-1"}
    booking_api.post(
        f"/api/v1/processes/{team['id']}/participants", json={key: person[key] for key in list(person)[:3]}
    )
    added = people(booking_api, team)["Väinö"]

    page = browser.get(f"{here}/{added['id']}").text
    (seen,) = re.findall(r'name="versio" value="([^"]+)"', page)
    changed = {**person, "last_name": "Berg", "employer": "", "versio": html.unescape(seen), "kerta": "kerta-2"}
    assert browser.post(f"{here}/{added['id']}", data=changed).status_code == 303
    assert people(booking_api, team)["Väinö"]["last_name"] == "Berg"

    stale = browser.post(f"{here}/{added['id']}", data={**changed, "last_name": "Kiviniemi", "kerta": "kerta-3"})
    assert stale.status_code == 412
    assert 'value="Kiviniemi"' in stale.text
    assert people(booking_api, team)["Väinö"]["last_name"] == "Berg"
    assert re.search(r"Sukunimi</a>:\s+Berg", stale.text)
    (newer,) = re.findall(r'name="versio" value="([^"]+)"', stale.text)
    again = {**changed, "last_name": "Kiviniemi", "versio": html.unescape(newer), "kerta": "kerta-4"}
    assert browser.post(f"{here}/{added['id']}", data=again).status_code == 303
    assert people(booking_api, team)["Väinö"]["last_name"] == "Kiviniemi"

    assert browser.post(f"{here}/{added['id']}/poista").status_code == 303
    assert "Väinö" not in people(booking_api, team)


def test_nobody_is_removed_from_a_closed_process(booking_api: TestClient, browser: Browser, team: Json) -> None:
    here = f"/oma/prosessit/{team['id']}/osallistujat"
    person = f"{here}/{next(iter(people(booking_api, team).values()))['id']}"
    offered = "Poista osallistuja" in browser.get(person).text
    booking_api.post(f"/api/v1/processes/{team['id']}/close", json={"cancel_sessions": True})
    before = people(booking_api, team)

    refused = browser.post(f"{person}/poista")

    assert (offered, "Poista osallistuja" in browser.get(person).text) == (True, False)
    assert (refused.status_code, people(booking_api, team)) == (409, before)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": "ei osoite"}, "Tämä ei ole sähköpostiosoite."),
        ({"first_name": ""}, "Tämä puuttuu."),
        ({"email": None}, "Osoite on jo toisella osallistujalla."),
    ],
)
def test_what_is_wrong_with_a_person_is_told_beside_the_field(
    browser: Browser, team: Json, changes: dict[str, str | None], said: str
) -> None:
    taken = team["participants"][0]["email"]
    person = {"first_name": "Väinö", "last_name": '"><b>', "email": "vaino@example.fi"} | changes
    page = browser.post(
        f"/oma/prosessit/{team['id']}/osallistujat",
        data={name: taken if value is None else value for name, value in person.items()},
    )

    assert page.status_code == 422
    assert said in page.text
    assert "&#34;&gt;&lt;b&gt;" in page.text


def test_nobody_changes_the_people_of_others(
    booking_api: TestClient, as_client: AsClient, a_client: Make, team: Json
) -> None:
    stranger, person = as_client(a_client()), team["participants"][0]
    here = f"/oma/prosessit/{team['id']}/osallistujat"
    assert stranger.get(here).status_code == stranger.get(f"{here}/{person['id']}").status_code == 404
    assert stranger.post(f"{here}/{person['id']}/poista").status_code == 404
    assert person["first_name"] in people(booking_api, team)


def test_a_contact_who_takes_part_finds_both_on_one_page(
    booking_api: TestClient, a_process: Make, as_client: AsClient, a_client: Make
) -> None:
    client = a_client()
    me = {"first_name": "Oma", "last_name": "Osallistuja", "email": client["contact"]["email"].upper()}
    mine = a_process("group", 2, client_id=client["id"], title="Tilattu ja oma")
    elsewhere, left = a_process("group", 2, title="Toisen tilaama"), a_process("group", 2, title="Jätetty")
    keep_hours(booking_api, mine["supervisor_id"])
    joined = [
        booking_api.post(f"/api/v1/processes/{one['id']}/participants", json=me) for one in (mine, elsewhere, left)
    ]
    booking_api.delete(f"/api/v1/processes/{left['id']}/participants/{joined[-1].json()['id']}")
    book(booking_api, mine, at(day_ahead()))

    page = as_client(client).get("/oma").text

    own = page[page.index("Omat tapaamiset") :]
    assert "Tilattu ja oma" in page[: page.index("Omat tapaamiset")]
    assert "Tilattu ja oma" in own
    assert elsewhere["title"] in own
    assert left["title"] not in page
    links = re.findall(r'href="(/osallistuja/[^"]+)"', own)
    assert len(links) == 2
    assert all("Hei, Oma" in as_client(client).get(link).text for link in links)
    other = as_client(a_client()).get("/oma").text
    assert "Omat tapaamiset" not in other


def test_an_address_that_a_client_gave_somebody_shows_the_client_nothing_of_theirs(
    booking: Face, process: Json, as_client: AsClient, client: Json
) -> None:
    with booking.engine.begin() as connection:
        given = text("UPDATE participant SET email = :email WHERE id = :id")
        connection.execute(given, {"email": client["contact"]["email"], "id": process["participants"][0]["id"]})
    assert "/osallistuja/" in as_client(client).get("/oma").text
    with booking.engine.begin() as connection:
        connection.execute(text("UPDATE participant SET readdressed_at = now()"))

    assert "/osallistuja/" not in as_client(client).get("/oma").text


def test_cancelled_meetings_stand_where_their_time_is(booking_api: TestClient, browser: Browser, process: Json) -> None:
    first, second = book(booking_api, process, at(day_ahead(14))), book(booking_api, process, at(day_ahead(21)))
    booking_api.post(f"/api/v1/sessions/{first['id']}/cancel")

    page = browser.get(f"/oma/prosessit/{process['id']}").text

    ahead = page[page.index("Tulevat tapaamiset") :]
    assert ahead.index("peruttu</span>") < ahead.index(f"/oma/tapaamiset/{second['id']}")
    assert f"/oma/tapaamiset/{first['id']}" not in ahead
    assert ">Menneet<" not in page


def test_a_reason_that_is_too_long_is_refused_beside_its_field(
    booking: Face, as_client: Callable[[Json], Browser], a_process: Make
) -> None:
    process = a_process()
    keep_hours(booking.admin, process["supervisor_id"])
    session = book(booking.admin, process, at(day_ahead(3), "10:00"))
    client = as_client(booking.admin.get(f"/api/v1/clients/{process['client_id']}").json())

    refused = client.post(f"/oma/tapaamiset/{session['id']}/peru", data={"reason": "liian pitkä " * 50})

    assert (refused.status_code, 'href="#reason"' in refused.text) == (422, True)
    assert "liian pitkä liian pitkä" in refused.text
    assert booking.admin.get(f"/api/v1/sessions/{session['id']}").json()["status"] == "booked"
