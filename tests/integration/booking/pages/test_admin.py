"""The admin's pages: how the services are doing, supervisors, clients, and their credentials."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from services.core.addresses import ADMIN_PAGES, OWN_TRAILS
from services.web.pages.status_page import span
from services.web.security.tokens import Principal, Role
from tests.databases import DatabaseServer
from tests.integration.conftest import Browser, Face
from tests.support.apps import face_of
from tests.support.diary import Json
from tests.support.logins import login_cookies

Make = Callable[..., Json]
AtDesk = Callable[[Json], Browser]


class Other(NamedTuple):
    name: str
    browser: Callable[..., TestClient]
    engine: Engine


PAGES = ("", "/tyonohjaajat", "/tyonohjaajat/uusi", "/tilaajat", "/tilaajat/uusi", "/loki")
HOSTILE = '<script>alert(1)</script>"><img onerror=x>'


def version(page: str) -> str:
    found = re.search(r'name="versio" value="&#34;([^"]+)&#34;"', page)
    assert found
    return f'"{found[1]}"'


@pytest.mark.parametrize("page", PAGES)
def test_these_pages_are_for_the_admin_alone(
    browser: Browser,
    as_admin: Browser,
    at_desk: AtDesk,
    as_client: AtDesk,
    a_supervisor: Make,
    a_client: Make,
    page: str,
) -> None:
    address = f"/yllapito{page}"

    assert as_admin.get(address).status_code == 200
    assert at_desk(a_supervisor()).get(address).status_code == 404
    assert as_client(a_client()).get(address).status_code == 404
    assert browser.get(address).headers["Location"].startswith("/kirjaudu?paluu=")


# -- the state --------------------------------------------------------------------------------------------


def test_all_is_well_until_something_waits_too_long(booking: Face, as_admin: Browser, a_process: Make) -> None:
    a_process()
    assert "Kaikki on kunnossa" in as_admin.get("/yllapito").text

    with booking.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET staged_at = now() - interval '2 hours'"))
    page = as_admin.get("/yllapito").text
    assert "Vanhin tapahtuma on odottanut (viestit): 2\N{NO-BREAK SPACE}t" in page
    assert "Katso, ovatko vastaanottajan työprosessi ja Redis käynnissä." in page


def test_what_was_given_up_is_shown_and_tried_again(booking: Face, as_admin: Browser, a_supervisor: Make) -> None:
    a_supervisor()
    with booking.engine.begin() as connection:
        connection.execute(
            text("UPDATE outbox_delivery SET parked_at = now(), attempts = 8, last_error = 'ValueError'")
        )

    page = as_admin.get("/yllapito").text
    assert "supervisor.changed.v1" in page
    assert "<td>viestit</td>" in page, "readers have Finnish names"
    assert "ValueError" in page
    tried = as_admin.post("/yllapito/uudelleen")
    assert tried.headers["Location"] == "/yllapito?tehty=uudelleen"
    with booking.engine.connect() as connection:
        assert connection.execute(text("SELECT count(parked_at), max(attempts) FROM outbox_delivery")).one() == (0, 0)
        last = connection.execute(text("SELECT action FROM audit_entry ORDER BY id DESC LIMIT 1")).scalar()
    assert last == "events.retried"
    assert "supervisor.changed.v1" not in as_admin.get("/yllapito").text


def test_a_calendar_that_can_not_be_read_is_seen(booking: Face, as_admin: Browser, a_supervisor: Make) -> None:
    supervisor = a_supervisor()
    booking.admin.post(f"/api/v1/supervisors/{supervisor['id']}/calendars", json={"url": "https://example.fi/a.ics"})
    with booking.engine.begin() as connection:
        connection.execute(text("UPDATE calendar_import SET failures = 3, last_error = 'too-slow'"))

    assert "joita ei saatu luettua: 1." in as_admin.get("/yllapito").text


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 t"), (172800, "2 päivää")]
)
def test_how_long_is_said_as_people_do(seconds: int, words: str) -> None:
    assert span(seconds).replace("\N{NO-BREAK SPACE}", " ") == words


# -- supervisors ------------------------------------------------------------------------------------------


def test_a_new_supervisor_is_added_and_can_log_in(as_admin: Browser, at_desk: AtDesk) -> None:
    typed = {"name": "Salla Sihvonen", "email": "salla@example.fi", "reminders.7": "1"}
    added = as_admin.post("/yllapito/tyonohjaajat/uusi", data=typed)

    assert added.status_code == 303
    page = added.headers["Location"]
    assert "Hän kirjautuu sähköpostiosoitteellaan" in as_admin.get(page).text
    assert "salla@example.fi" in as_admin.get("/yllapito/tyonohjaajat?haku=salla").text
    id_ = page.split("/")[-1].split("?")[0]
    assert at_desk({"email": "salla@example.fi", "id": id_}).get("/tyo/asetukset").status_code == 200


def test_a_supervisor_is_changed_unless_somebody_else_was_quicker(
    booking: Face, as_admin: Browser, a_supervisor: Make
) -> None:
    supervisor = a_supervisor()
    address = f"/yllapito/tyonohjaajat/{supervisor['id']}"
    typed = {"name": "Uusi Nimi", "email": "uusi@example.fi", "versio": version(as_admin.get(address).text)}

    assert as_admin.post(address, data=typed).status_code == 303
    assert as_admin.post(address, data=typed | {"name": "Myöhästynyt"}).status_code == 412
    shown = booking.admin.get(f"/api/v1/supervisors/{supervisor['id']}").json()
    assert (shown["name"], shown["email"]) == ("Uusi Nimi", "uusi@example.fi")


def test_what_is_wrong_with_a_supervisor_is_told_and_kept(as_admin: Browser) -> None:
    page = as_admin.post("/yllapito/tyonohjaajat/uusi", data={"name": HOSTILE, "email": "ei osoite"})

    assert page.status_code == 422
    assert "Tämä ei ole sähköpostiosoite." in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


def test_nobody_is_nowhere(as_admin: Browser) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"

    for address in ("tyonohjaajat/{}", "tyonohjaajat/{}/tunnukset", "tilaajat/{}", "tilaajat/{}/muuta"):
        assert as_admin.get(f"/yllapito/{address.format(nobody)}").status_code == 404


# -- clients ----------------------------------------------------------------------------------------------


def test_a_client_is_found_and_changed(booking: Face, as_admin: Browser, a_client: Make) -> None:
    client = a_client(name="Esimerkkikunta")
    address = f"/yllapito/tilaajat/{client['id']}"
    assert "Esimerkkikunta" in as_admin.get("/yllapito/tilaajat?haku=esimerkki").text
    form = as_admin.get(f"{address}/muuta").text
    assert f'action="{address}/muuta"' in form

    typed: dict[str, Any] = {"name": "Uusi kunta", "payer_type": "business", "versio": version(form)}
    typed |= {f"contact.{name}": value for name, value in client["contact"].items()}
    changed = as_admin.post(f"{address}/muuta", data=typed)
    assert changed.headers["Location"] == f"{address}?tehty=muutettu"
    assert "Uusi kunta" in as_admin.get(address).text
    assert booking.admin.get(f"/api/v1/clients/{client['id']}").json()["name"] == "Uusi kunta"


def test_a_client_gets_a_credential_that_is_its_own(booking: Face, as_admin: Browser, a_client: Make) -> None:
    client = a_client()
    issued = as_admin.post(f"/yllapito/tilaajat/{client['id']}/tunnukset")
    found = re.search(r'id="client_id"[^>]*value="([^"]+)".*id="client_secret"[^>]*value="([^"]+)"', issued.text, re.S)

    assert found
    own = booking.as_(*found.groups())
    assert [one["id"] for one in own.get("/api/v1/clients").json()["items"]] == [client["id"]]


# -- the other services -----------------------------------------------------------------------------------


@pytest.fixture(params=["reporting", "notifier"])
def other(request: pytest.FixtureRequest, postgres_server: DatabaseServer, keys: dict[str, str]) -> Iterator[Other]:
    """Another service on an empty database, as browsers of different roles see it."""
    name = request.param
    with postgres_server.migrated(name) as address:
        yield other_service(name, face_of(name, address, keys), keys)


def other_service(name: str, app: FastAPI, keys: dict[str, str]) -> Other:
    def browser(role: Role, party: UUID | None = None) -> TestClient:
        who = Principal(role, party, f"browser-{role}")
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        cookies = login_cookies(keys["TOKEN_SIGNING_KEY"], who)
        return TestClient(
            app, base_url="https://booking.test", headers=headers, cookies=cookies, follow_redirects=False
        )

    return Other(name, browser, app.state.engine)


def test_each_service_shows_its_own_state_to_the_admin(other: Other) -> None:
    page = other.browser(Role.admin).get(ADMIN_PAGES[other.name])

    assert page.status_code == 200
    assert "Kaikki on kunnossa" in page.text
    assert ("Raportteja (tekemättä)" if other.name == "reporting" else "Viestejä (odottaa aikaansa)") in page.text
    for role in (Role.supervisor, Role.client):
        assert other.browser(role, uuid4()).get(ADMIN_PAGES[other.name]).status_code == 404


def test_each_service_shows_its_own_trail(other: Other) -> None:
    maija, olli = uuid4(), uuid4()
    with other.engine.begin() as connection:
        connection.execute(
            text("""INSERT INTO audit_entry (at, actor, action, subject, practice_id)
                    VALUES (now(), :actor, 'participant.exported', :subject, :maija)"""),
            {"actor": f"supervisor/{maija}", "subject": f"process/{uuid4()}", "maija": maija},
        )

    deed = "latasi osallistujan tiedot"
    assert deed in other.browser(Role.admin).get(f"{ADMIN_PAGES[other.name]}/loki").text
    assert deed in other.browser(Role.supervisor, maija).get(OWN_TRAILS[other.name]).text
    assert deed not in other.browser(Role.supervisor, olli).get(OWN_TRAILS[other.name]).text
    assert other.browser(Role.supervisor, maija).get(f"{ADMIN_PAGES[other.name]}/loki").status_code == 404
    assert other.browser(Role.client, uuid4()).get(OWN_TRAILS[other.name]).status_code == 404
