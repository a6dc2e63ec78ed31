"""Logging in by an e-mailed link, as a browser meets it."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from services.booking.security.accounts import ADMIN_PARTY_ID
from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.booking.test_query_counts import counted
from tests.integration.conftest import (
    ADMIN_EMAIL,
    Browser,
    Face,
    Json,
    answer_login_requests,
    created,
    everything,
    login_links,
)
from tests.support.practice import eventually

Make = Callable[..., Json]


def test_the_answer_is_the_same_whether_there_is_an_account_or_not(booking: Face, a_supervisor: Make) -> None:
    supervisor, api = a_supervisor(), booking.anonymous()

    known = api.post("/api/v1/logins", json={"email": supervisor["email"].upper()})
    unknown = api.post("/api/v1/logins", json={"email": "kuka@example.fi"})

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"")
    assert len(login_links(booking)) == 1


def test_a_request_is_only_written_down_the_same_way_for_every_address(booking: Face, a_supervisor: Make) -> None:
    supervisor, api = a_supervisor(), booking.anonymous()

    def statements(email: str) -> list[str]:
        with counted(booking) as seen:
            assert api.post("/api/v1/logins", json={"email": email}).status_code == 202
        return seen

    assert statements(supervisor["email"]) == statements("kuka@example.fi")
    assert "login.requested.v1" not in everything(booking.engine)

    answer_login_requests(booking)
    assert len(login_links(booking)) == 1
    assert "kuka@example.fi" not in everything(booking.engine)


def test_who_asks_for_anothers_link_again_and_again_neither_floods_nor_locks_out(
    booking: Face, browser: Browser, a_supervisor: Make, clock: Callable[[timedelta], None]
) -> None:
    owner, attacker = a_supervisor(), booking.anonymous()

    def ask(times: int) -> None:
        for number in range(times):
            address = owner["email"].upper() if number % 2 else owner["email"]
            assert attacker.post("/api/v1/logins", json={"email": address}).status_code == 202
        answer_login_requests(booking)

    ask(12)
    letters = login_links(booking)
    assert len(letters) == 5

    clock(timedelta(minutes=40))  # the links are past their time, the letters are of this hour
    assert browser.get(f"/kirjaudu/{letters[0]}").status_code == 410
    ask(1)
    assert login_links(booking) == letters
    assert [browser.get(f"/kirjaudu/{link}").status_code for link in letters] == [200] * 5
    browser.post(f"/kirjaudu/{letters[2]}", data={"party": owner["id"]})
    assert owner["name"] in browser.get("/tyo").text

    ask(2)
    assert len(login_links(booking)) == 6, "the one that was used made room for one"
    clock(timedelta(minutes=110))
    ask(1)
    assert len(login_links(booking)) == 7
    late = Browser(booking).get(f"/kirjaudu/{letters[0]}")
    assert late.status_code == 410, "none is renewed for ever"


def test_letters_to_who_had_an_address_before_take_no_room(booking: Face, a_supervisor: Make, a_client: Make) -> None:
    former, api = a_supervisor(email="yhteinen@example.fi"), booking.anonymous()
    for _ in range(5):
        api.post("/api/v1/logins", json={"email": "yhteinen@example.fi"})
    assert len(login_links(booking)) == 5
    path = f"/api/v1/supervisors/{former['id']}"
    etag = booking.admin.get(path).headers["ETag"]
    booking.admin.patch(path, json={"email": "toinen@example.fi"}, headers={"If-Match": etag})
    a_client(contact={"first_name": "Aino", "last_name": "Virtanen", "email": "yhteinen@example.fi"})

    api.post("/api/v1/logins", json={"email": "yhteinen@example.fi"})

    assert len(login_links(booking)) == 6


def test_requests_that_many_workers_answer_at_once_send_no_letter_more(booking: Face, a_supervisor: Make) -> None:
    owner, api = a_supervisor(), booking.anonymous()
    for _ in range(20):
        api.post("/api/v1/logins", json={"email": owner["email"]})

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda _: answer_login_requests(booking), range(4)))

    assert len(login_links(booking)) == 5


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


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_used_link_leads_home_who_is_in_already_and_others_to_another_link(
    booking: Face, browser: Browser, a_supervisor: Make, at_desk: Callable[[Json], Browser], method: str
) -> None:
    supervisor = a_supervisor()
    browser.log_in(supervisor["email"], supervisor["id"])
    (link,) = login_links(booking)

    def use(who: Browser) -> Any:
        return who.request(method, f"/kirjaudu/{link}", data={"party": supervisor["id"]})

    assert (use(browser).status_code, use(browser).headers["Location"]) == (303, "/tyo")
    for who in (Browser(booking), at_desk(a_supervisor())):
        other = use(who)
        assert other.status_code == 410
        assert "Tämä kirjautumislinkki on jo käytetty, joten pyydä alta uusi." in other.text
        assert '<form method="post" action="/kirjaudu"' in other.text
    browser.post("/ulos")
    assert use(browser).status_code == 410


def test_an_admin_is_led_home_by_a_used_link_too(booking: Face, as_admin: Browser) -> None:
    (link,) = login_links(booking)

    assert as_admin.get(f"/kirjaudu/{link}").headers["Location"] == "/yllapito"


def test_a_link_that_came_too_late_leads_to_another(
    booking: Face, browser: Browser, a_supervisor: Make, clock: Callable[[timedelta], None]
) -> None:
    browser.post("/kirjaudu", data={"email": a_supervisor()["email"]})
    (link,) = login_links(booking)
    clock(timedelta(minutes=31))

    late = browser.get(f"/kirjaudu/{link}")

    assert late.status_code == 410
    assert "Tämä kirjautumislinkki on vanhentunut, joten pyydä alta uusi." in late.text


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


def test_logging_out_leads_to_the_front_page(at_desk: Callable[[Json], Browser], a_supervisor: Make) -> None:
    browser = at_desk(a_supervisor())

    left = browser.post("/ulos")
    assert (left.status_code, left.headers["Location"]) == (303, "/")
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
def test_pages_load_nothing_from_elsewhere(browser: Browser, a_supervisor: Make, path: str) -> None:
    a_supervisor()
    page = browser.get(path)

    assert page.status_code == 200
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert not re.search(r"<style|style=|onclick|src=.http", page.text)
    scripts = [
        '<script src="/enhance.js" defer>',
        *(['<script src="/passkeys.js" defer>'] if path == "/kirjaudu" else []),
    ]
    assert re.findall(r"<script.*?>", page.text) == scripts
    linked = re.findall(r'<link[^>]* href="([^"]+)"', page.text)
    assert "/style.css" in linked
    assert all(re.match("/[^/]", address) and browser.get(address).status_code == 200 for address in linked)


def test_a_browser_gets_problems_as_pages(browser: Browser) -> None:
    page = browser.get("/kirjaudu/" + "a" * 43)

    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Hakemaasi ei löytynyt" in page.text
    assert '/">Etusivulle</a>' in page.text
    assert browser.get("/style.css").headers["Content-Type"].startswith("text/css")


def test_a_link_opens_nothing_of_an_address_that_its_owner_took_later(
    booking: Face, browser: Browser, a_supervisor: Make, a_client: Make
) -> None:
    for party, kind in ((a_supervisor(), "supervisors"), (a_client(), "clients")):
        before = len(login_links(booking))
        address = party.get("email") or party["contact"]["email"]
        browser.post("/kirjaudu", data={"email": address})
        link = login_links(booking)[before]
        taken = (
            {"email": ADMIN_EMAIL} if kind == "supervisors" else {"contact": party["contact"] | {"email": ADMIN_EMAIL}}
        )
        path = f"/api/v1/{kind}/{party['id']}"
        etag = booking.admin.get(path).headers["ETag"]
        assert booking.admin.patch(path, json=taken, headers={"If-Match": etag}).status_code == 200

        page = browser.get(f"/kirjaudu/{link}")
        assert (page.status_code, "Ylläpito" in page.text) == (410, False)
        for somebody in (party["id"], str(ADMIN_PARTY_ID)):
            pressed = browser.post(f"/kirjaudu/{link}", data={"party": somebody})
            assert "Set-Cookie" not in pressed.headers


def is_anybody_waiting(booking: Face) -> bool:
    with booking.engine.connect() as connection:
        here = "datname = current_database() AND wait_event_type = 'Lock'"
        return bool(connection.scalar(text(f"SELECT count(*) FROM pg_stat_activity WHERE {here}")))  # noqa: S608


@pytest.mark.parametrize("change", ["email = 'uusi@example.fi'", "deactivated_at = now()"])
def test_a_login_at_the_same_moment_as_a_change_of_the_party_waits_for_it(
    booking: Face, browser: Browser, a_supervisor: Make, change: str
) -> None:
    supervisor = a_supervisor()
    browser.post("/kirjaudu", data={"email": supervisor["email"]})
    link = login_links(booking)[-1]
    press = partial(browser.post, f"/kirjaudu/{link}", data={"party": supervisor["id"]})

    with ThreadPoolExecutor(1) as thread:
        with booking.engine.begin() as other:
            other.execute(text(f"UPDATE supervisor SET {change} WHERE id = :id"), {"id": supervisor["id"]})  # noqa: S608
            pressed = thread.submit(press)
            eventually(lambda: is_anybody_waiting(booking) or pressed.done(), what="the login waits or is done")
        answer = pressed.result()

    assert answer.status_code == 410
    assert "Set-Cookie" not in answer.headers


def test_who_reads_the_mailbox_of_a_corrected_address_is_logged_out(
    booking: Face, at_desk: Callable[[Json], Browser], a_supervisor: Make
) -> None:
    supervisor = a_supervisor()
    wrong, own = at_desk(supervisor), at_desk(other := a_supervisor())
    path = f"/api/v1/supervisors/{supervisor['id']}"
    etag = booking.admin.get(path).headers["ETag"]

    assert wrong.get("/tyo").status_code == 200
    booking.admin.patch(path, json={"email": "oikea@example.fi"}, headers={"If-Match": etag})

    assert wrong.get("/tyo").headers["Location"].startswith("/kirjaudu")
    assert other["name"] in own.get("/tyo").text


def test_no_supervisor_of_several_becomes_their_client(
    booking: Face, a_client: Make, a_supervisor: Make, a_process: Make
) -> None:
    client, first, second = a_client(), a_supervisor(), a_supervisor()
    a_process(client_id=client["id"], supervisor_id=first["id"])
    path, contact = f"/api/v1/clients/{client['id']}", client["contact"] | {"email": "oma@example.fi"}

    def change(who: Any) -> Any:
        return who.patch(path, json={"contact": contact}, headers={"If-Match": who.get(path).headers["ETag"]})

    def as_supervisor(supervisor: Json) -> Any:
        return with_credentials(booking, f"/api/v1/supervisors/{supervisor['id']}")

    assert change(as_supervisor(first)).status_code == 200
    a_process(client_id=client["id"], supervisor_id=second["id"])
    given = created(booking.admin.post(f"{path}/credentials"))
    contact["email"] = "toinen@example.fi"
    for who in (as_supervisor(first), as_supervisor(second)):
        match = {"If-Match": who.get(path).headers["ETag"]}
        refused = (
            change(who),
            *(who.patch(path, json=one, headers=match) for one in ({"name": "Omani Oy"}, {"payer_type": "consumer"})),
            who.post(f"{path}/credentials"),
            who.get(f"{path}/credentials"),
            who.delete(f"{path}/credentials/{given['client_id']}"),
        )
        assert [(one.status_code, one.json()["type"].rpartition("/")[2]) for one in refused] == [
            (403, "client-is-shared")
        ] * 6
    assert change(booking.admin).status_code == 200
    assert booking.admin.delete(f"{path}/credentials/{given['client_id']}").status_code == 204
