"""Logging in by an e-mailed link, as a browser meets it."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.web.links import secret
from tests.integration.conftest import Face, Json, everything

Make = Callable[..., Json]


def links_sent(booking: Face) -> list[str]:
    """The secrets of the login links that were asked for, as the letters hold them."""
    with booking.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT envelope FROM outbox WHERE envelope->>'type' = 'login.requested.v1' ORDER BY position")
        ).scalars()
        return [secret(booking.settings.link_key, UUID(envelope["data"]["link"])) for envelope in rows]


@pytest.fixture
def browser(booking: Face) -> TestClient:
    client = booking.anonymous(Accept="text/html")
    client.base_url = "https://booking.test"
    return client


def test_the_answer_is_the_same_whether_there_is_an_account_or_not(booking: Face, a_supervisor: Make) -> None:
    supervisor, api = a_supervisor(), booking.anonymous()

    known = api.post("/api/v1/logins", json={"email": supervisor["email"].upper()})
    unknown = api.post("/api/v1/logins", json={"email": "kuka@example.fi"})

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"")
    assert len(links_sent(booking)) == 1


def test_a_link_opens_a_page_with_a_button_and_the_button_logs_in_once(
    booking: Face, browser: TestClient, a_supervisor: Make
) -> None:
    supervisor = a_supervisor()
    browser.post("/kirjaudu", data={"email": supervisor["email"]})
    (link,) = links_sent(booking)

    for _ in range(3):  # as mail scanners do
        assert browser.get(f"/kirjaudu/{link}").status_code == 200
    assert browser.get("/oma").headers["Location"] == "/kirjaudu"

    entered = browser.post(f"/kirjaudu/{link}", data={"party": supervisor["id"]})
    cookie = entered.headers["Set-Cookie"]
    assert (entered.status_code, entered.headers["Location"]) == (303, "/oma")
    assert re.match(r"__Host-istunto=\S+; HttpOnly; Max-Age=\d+; Path=/; SameSite=lax; Secure$", cookie)
    assert supervisor["name"] in browser.get("/oma").text

    again = browser.post(f"/kirjaudu/{link}", data={"party": supervisor["id"]})
    assert again.status_code == 410
    assert browser.get(f"/kirjaudu/{link}").status_code == 410


def test_a_link_lets_nobody_into_another_account(
    booking: Face, browser: TestClient, a_supervisor: Make, a_client: Make
) -> None:
    mine, other = a_supervisor(), a_client()
    browser.post("/kirjaudu", data={"email": mine["email"]})
    (link,) = links_sent(booking)

    assert browser.post(f"/kirjaudu/{link}", data={"party": other["id"]}).status_code == 404
    assert "Set-Cookie" not in browser.post(f"/kirjaudu/{link}", data={"party": "x"}).headers


def test_one_address_with_two_roles_chooses_between_them(
    booking: Face, browser: TestClient, a_supervisor: Make, a_client: Make
) -> None:
    supervisor = a_supervisor(email="molemmat@example.fi")
    contact = {"first_name": "Maija", "last_name": "Meikäläinen", "email": "molemmat@example.fi"}
    client = a_client(name="Esimerkki Oy", contact=contact)
    browser.post("/kirjaudu", data={"email": "molemmat@example.fi"})
    (link,) = links_sent(booking)

    page = browser.get(f"/kirjaudu/{link}").text
    assert supervisor["id"] in page
    browser.post(f"/kirjaudu/{link}", data={"party": client["id"]})
    assert "Esimerkki Oy" in browser.get("/oma").text


def test_logging_out_takes_the_token_of_the_own_page(booking: Face, browser: TestClient, a_supervisor: Make) -> None:
    supervisor = a_supervisor()
    browser.post("/kirjaudu", data={"email": supervisor["email"]})
    browser.post(f"/kirjaudu/{links_sent(booking)[0]}", data={"party": supervisor["id"]})
    token = re.findall(r'name="token" value="([0-9a-f]+)"', browser.get("/oma").text)[0]

    assert browser.post("/ulos", data={"token": "0" * 64}).status_code == 403
    assert browser.get("/oma").status_code == 200
    assert browser.post("/ulos", data={"token": token}).status_code == 303
    assert browser.get("/oma").status_code == 303


def test_neither_link_nor_cookie_rests_in_the_database(booking: Face, browser: TestClient, a_supervisor: Make) -> None:
    supervisor = a_supervisor()
    browser.post("/kirjaudu", data={"email": supervisor["email"]})
    (link,) = links_sent(booking)
    browser.post(f"/kirjaudu/{link}", data={"party": supervisor["id"]})

    rests = everything(booking.engine)
    assert link not in rests
    assert browser.cookies["__Host-istunto"] not in rests


@pytest.mark.parametrize("path", ["/", "/tietosuoja", "/kirjaudu", "/kirjaudu/lahetetty"])
def test_pages_load_nothing_from_elsewhere_and_run_nothing(browser: TestClient, path: str) -> None:
    page = browser.get(path)

    assert page.status_code == 200
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert not re.search(r"<script|<style|style=|onclick|src=.http", page.text)
    assert re.findall(r'<link[^>]* href="([^"]+)"', page.text) == ["/style.css"]


def test_a_browser_gets_problems_as_pages(browser: TestClient) -> None:
    page = browser.get("/kirjaudu/" + "a" * 43)

    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Täällä ei ole sinulle mitään" in page.text
    assert browser.get("/style.css").headers["Content-Type"].startswith("text/css")
