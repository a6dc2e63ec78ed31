"""Logging in by an e-mailed link, as a browser meets it."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.conftest import ADMIN_EMAIL, Browser, Face, Json, everything, login_links

Make = Callable[..., Json]


def test_the_answer_is_the_same_whether_there_is_an_account_or_not(booking: Face, a_supervisor: Make) -> None:
    supervisor, api = a_supervisor(), booking.anonymous()

    known = api.post("/api/v1/logins", json={"email": supervisor["email"].upper()})
    unknown = api.post("/api/v1/logins", json={"email": "kuka@example.fi"})

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"")
    assert len(login_links(booking)) == 1


def test_a_link_opens_a_page_with_a_button_and_the_button_logs_in_once(
    booking: Face, browser: Browser, a_supervisor: Make
) -> None:
    supervisor = a_supervisor()
    browser.post("/kirjaudu", data={"email": supervisor["email"]})
    (link,) = login_links(booking)

    for _ in range(3):  # as mail scanners do
        assert browser.get(f"/kirjaudu/{link}").status_code == 200
    assert browser.get("/tyo").headers["Location"] == "/kirjaudu?paluu=%2Ftyo"

    entered = browser.post(f"/kirjaudu/{link}", data={"party": supervisor["id"]})
    cookie = entered.headers["Set-Cookie"]
    assert (entered.status_code, entered.headers["Location"]) == (303, "/tyo")
    assert re.match(r".*__Host-istunto=\S+; HttpOnly; Max-Age=\d+; Path=/; SameSite=lax; Secure$", cookie)
    assert supervisor["name"] in browser.get("/tyo").text

    again = browser.post(f"/kirjaudu/{link}", data={"party": supervisor["id"]})
    assert again.status_code == 410
    assert browser.get(f"/kirjaudu/{link}").status_code == 410


def test_of_many_who_press_one_button_at_once_one_logs_in(booking: Face, browser: Browser, a_supervisor: Make) -> None:
    supervisor = a_supervisor()
    browser.post("/kirjaudu", data={"email": supervisor["email"]})
    (link,) = login_links(booking)

    def press(_: int) -> Any:
        return Browser(booking).post(f"/kirjaudu/{link}", data={"party": supervisor["id"]}).status_code

    with ThreadPoolExecutor(10) as crowd:
        answers = Counter(crowd.map(press, range(10)))

    assert answers == {303: 1, 410: 9}


def test_a_link_lets_nobody_into_another_account(
    booking: Face, browser: Browser, a_supervisor: Make, a_client: Make
) -> None:
    mine, other = a_supervisor(), a_client()
    browser.post("/kirjaudu", data={"email": mine["email"]})
    (link,) = login_links(booking)

    assert browser.post(f"/kirjaudu/{link}", data={"party": other["id"]}).status_code == 404
    assert "Set-Cookie" not in browser.post(f"/kirjaudu/{link}", data={"party": "x"}).headers


def test_one_address_with_two_roles_chooses_between_them(
    booking: Face, browser: Browser, a_supervisor: Make, a_client: Make
) -> None:
    supervisor = a_supervisor(email="molemmat@example.fi")
    contact = {"first_name": "Maija", "last_name": "Meikäläinen", "email": "molemmat@example.fi"}
    client = a_client(name="Esimerkki Oy", contact=contact)
    browser.post("/kirjaudu", data={"email": "molemmat@example.fi"})
    (link,) = login_links(booking)

    page = browser.get(f"/kirjaudu/{link}").text
    assert supervisor["id"] in page
    browser.post(f"/kirjaudu/{link}", data={"party": client["id"]})
    assert "Meikäläinen" in browser.get("/oma").text


def test_logging_out_leads_through_all_services(at_desk: Callable[[Json], Browser], a_supervisor: Make) -> None:
    browser = at_desk(a_supervisor())

    left = browser.post("/ulos")
    assert (left.status_code, left.headers["Location"]) == (303, "https://reporting.test/ulos")
    assert browser.get("/tyo").headers["Location"].startswith("/kirjaudu")


def test_the_admin_logs_in_by_the_address_in_the_settings(
    booking: Face, as_admin: Browser, at_desk: Callable[[Json], Browser], a_supervisor: Make
) -> None:
    assert as_admin.get("/yllapito").status_code == 200
    assert at_desk(a_supervisor()).get("/yllapito").status_code == 404
    nobody = Browser(booking)
    object.__setattr__(booking.settings, "admin_email", "")
    nobody.post("/kirjaudu", data={"email": ADMIN_EMAIL})
    assert len(login_links(booking)) == 2
    assert as_admin.get("/yllapito").status_code == 303, "the address is gone, and with it who had it"


def test_after_login_one_is_where_one_wanted_to_be(booking: Face, browser: Browser, a_supervisor: Make) -> None:
    supervisor = a_supervisor()
    asked = browser.get("/tyo?tila=avoin")
    assert asked.headers["Location"] == "/kirjaudu?paluu=%2Ftyo%3Ftila%3Davoin"
    browser.get(asked.headers["Location"])
    browser.post("/kirjaudu", data={"email": supervisor["email"]})

    entered = browser.post(f"/kirjaudu/{login_links(booking)[0]}", data={"party": supervisor["id"]})
    assert entered.headers["Location"] == "/tyo?tila=avoin"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb"])
def test_no_login_leads_to_another_site(browser: Browser, target: str, booking: Face, a_supervisor: Make) -> None:
    supervisor = a_supervisor()
    assert "Set-Cookie" not in browser.get("/kirjaudu", params={"paluu": target}).headers
    browser.cookies.set("paluu", quote(target), domain="booking.test", path="/kirjaudu")
    entered = browser.log_in(supervisor["email"], supervisor["id"])
    assert entered.get("/tyo").status_code == 200


def test_a_cookie_that_was_there_before_is_nobodys_after_login(
    booking: Face, browser: Browser, a_supervisor: Make
) -> None:
    browser.cookies.set("__Host-istunto", "planted", domain="booking.test")
    supervisor = a_supervisor()
    browser.log_in(supervisor["email"], supervisor["id"])
    thief = Browser(booking)
    thief.cookies.set("__Host-istunto", "planted", domain="booking.test")

    assert thief.get("/tyo").status_code == 303


@pytest.mark.parametrize("evidence", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}])
def test_no_other_site_presses_our_buttons(
    booking: Face, at_desk: Callable[[Json], Browser], a_supervisor: Make, evidence: dict[str, str]
) -> None:
    browser = at_desk(a_supervisor())
    del browser.headers["Sec-Fetch-Site"]

    assert browser.post("/tyo/kokeile", headers=evidence).status_code in (403, 404)
    foreign = browser.post("/ulos", headers=evidence)
    assert foreign.status_code == (403 if evidence else 303)


def test_neither_link_nor_cookie_rests_in_the_database(booking: Face, browser: Browser, a_supervisor: Make) -> None:
    supervisor = a_supervisor()
    browser.post("/kirjaudu", data={"email": supervisor["email"]})
    (link,) = login_links(booking)
    browser.post(f"/kirjaudu/{link}", data={"party": supervisor["id"]})

    rests = everything(booking.engine)
    assert link not in rests
    assert browser.cookies["__Host-istunto"] not in rests


@pytest.mark.parametrize("path", ["/", "/tietosuoja", "/kirjaudu", "/kirjaudu/lahetetty"])
def test_pages_load_nothing_from_elsewhere(browser: Browser, path: str) -> None:
    page = browser.get(path)

    assert page.status_code == 200
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert not re.search(r"<style|style=|onclick|src=.http", page.text)
    assert re.findall(r"<script.*?>", page.text) == ['<script src="/enhance.js" defer>']
    assert re.findall(r'<link[^>]* href="([^"]+)"', page.text) == ["/style.css"]


def test_a_browser_gets_problems_as_pages(browser: Browser) -> None:
    page = browser.get("/kirjaudu/" + "a" * 43)

    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Täällä ei ole sinulle mitään" in page.text
    assert browser.get("/style.css").headers["Content-Type"].startswith("text/css")
