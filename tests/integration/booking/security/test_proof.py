"""What asks for a fresh proof of somebody who has been logged in for a while, and how they are led back."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.booking.security.test_passkeys import add, is_refused, log_in
from tests.integration.conftest import Browser, Face, Json, login_links
from tests.support.authenticator import Authenticator
from tests.support.evaluation import Clock

Make = Callable[..., Json]
AtDesk = Callable[[Json], Browser]

LATER = timedelta(minutes=11)
OWN = "/tyo/asetukset/tunnukset"


@pytest.fixture
def supervisor(a_supervisor: Make) -> Json:
    return a_supervisor()


def asks(answer: Any) -> bool:
    """A page leads to the proof, a form waits on a page that leads there in another tab."""
    if answer.status_code == 303:
        return bool(answer.headers["Location"].startswith("/vahvista?paluu="))
    return answer.status_code == 401 and 'href="/vahvista"' in answer.text


def test_credentials_ask_for_a_fresh_proof(
    booking: Face, at_desk: AtDesk, as_admin: Browser, supervisor: Json, a_client: Make, clock: Clock
) -> None:
    mine, client = at_desk(supervisor), a_client()
    of_supervisor = f"/yllapito/tyonohjaajat/{supervisor['id']}/tunnukset"
    of_client = f"/yllapito/tilaajat/{client['id']}/tunnukset"
    assert mine.post(OWN).status_code == 201

    clock(LATER)

    for browser, path in ((mine, OWN), (as_admin, of_supervisor), (as_admin, of_client)):
        assert asks(browser.get(path)), path
        assert asks(browser.post(path)), path
        assert asks(browser.post(f"{path}/supervisor-x/sulje")), path
    given = booking.admin.post(f"/api/v1/supervisors/{supervisor['id']}/credentials")
    assert given.status_code == 201, "a program's credential is its proof"


def test_ending_a_supervisors_access_asks_for_a_fresh_proof(
    booking: Face, as_admin: Browser, supervisor: Json, clock: Clock
) -> None:
    page = f"/yllapito/tyonohjaajat/{supervisor['id']}/poista-kaytosta"
    assert as_admin.get(page).status_code == 200

    clock(LATER)

    assert asks(as_admin.get(page))
    assert asks(as_admin.post(page))
    assert booking.admin.get(f"/api/v1/supervisors/{supervisor['id']}").json()["deactivated_at"] is None


def test_the_export_of_a_participant_asks_for_it_and_leads_back_to_the_page_with_the_link(
    at_desk: AtDesk, supervisor: Json, a_process: Make, clock: Clock
) -> None:
    process, browser = a_process(supervisor_id=supervisor["id"]), at_desk(supervisor)
    page = f"/tyo/prosessit/{process['id']}/osallistujat/{process['participants'][0]['id']}"
    assert browser.get(f"{page}/tiedot").status_code == 200

    clock(LATER)

    led_to = browser.get(f"{page}/tiedot")
    assert asks(led_to)
    browser.get(led_to.headers["Location"])
    browser.post("/vahvista/kirje")
    back = follow_letter(browser)
    assert back.headers["Location"] == f"{page}?tehty=vahvistettu"
    assert "Voit nyt ladata tiedoston." in browser.get(back.headers["Location"]).text
    assert browser.get(f"{page}/tiedot").status_code == 200


def follow_letter(browser: Browser) -> Any:
    link = login_links(browser._face)[-1]
    (party,) = re.findall(r'name="party" value="([^"]+)"', browser.get(f"/kirjaudu/{link}").text)
    return browser.post(f"/kirjaudu/{link}", data={"party": party})


def test_another_address_of_ones_own_asks_for_it_and_nothing_that_was_typed_is_lost(
    at_desk: AtDesk, supervisor: Json, clock: Clock
) -> None:
    browser = at_desk(supervisor)
    clock(LATER)

    held = browser.post("/tyo/asetukset/omat-tiedot/osoite", data={"email": "maija.uusi@example.fi"})

    assert asks(held)
    assert "Vahvista, että olet sinä" in held.text
    assert "maija.uusi@example.fi</textarea>" in held.text
    browser.get("/vahvista")
    browser.post("/vahvista/kirje")
    assert follow_letter(browser).headers["Location"] == "/vahvista"
    assert "Voit palata siihen välilehteen" in browser.get("/vahvista").text
    sent = browser.post("/tyo/asetukset/omat-tiedot/osoite", data={"email": "maija.uusi@example.fi"})
    assert sent.headers["Location"].endswith("tehty=osoite")


def test_a_passkey_proves_it_and_leads_back(at_desk: AtDesk, supervisor: Json, clock: Clock) -> None:
    browser = at_desk(supervisor)
    device = add(browser, Authenticator())
    clock(LATER)
    led_to = browser.get(OWN).headers["Location"]

    page = browser.get(led_to)
    proved = log_in(browser, device)

    assert "Vahvista pääsyavaimella" in page.text
    assert supervisor["email"] in page.text
    assert proved.headers["Location"] == OWN
    assert browser.get(OWN).status_code == 200
    assert browser.get(led_to).headers["Location"] == OWN, "who has proved it is not asked again"
    clock(2 * LATER)
    assert asks(browser.get(OWN))


def test_anothers_passkey_proves_nothing(at_desk: AtDesk, a_supervisor: Make, supervisor: Json, clock: Clock) -> None:
    browser = at_desk(supervisor)
    other = add(at_desk(a_supervisor()), Authenticator())
    clock(LATER)

    refused = log_in(browser, other)

    assert is_refused(refused)
    assert "Pääsyavain ei kelvannut." in browser.get(refused.headers["Location"]).text
    assert asks(browser.get(OWN))


def test_a_proof_for_a_file_of_another_service_leads_back_to_its_page(
    at_desk: AtDesk, supervisor: Json, clock: Clock
) -> None:
    browser, page = at_desk(supervisor), "/raportit/1?tehty=vahvistettu"
    assert browser.get("/vahvista", params={"paluu": page}).headers["Location"] == page

    clock(LATER)

    assert browser.get("/vahvista", params={"paluu": page}).status_code == 200


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_no_proof_leads_to_another_site(at_desk: AtDesk, supervisor: Json, target: str) -> None:
    assert at_desk(supervisor).get("/vahvista", params={"paluu": target}).status_code == 200
