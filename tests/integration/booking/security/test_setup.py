"""Setting up an empty installation: who gets in by the setup secret, for how long, and where the walk leads."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.booking.security.accounts import ADMIN_PARTY_ID
from services.booking.settings import Settings
from services.web.security.links import secret
from tests.integration.conftest import ADMIN_EMAIL, Browser, Face, Json
from tests.support.evaluation import Clock, told

Make = Callable[..., Json]

SECRET = "Avain-oman-vastaanoton-kayttoonottoon-42"  # pragma: allowlist secret
WALK = "/kayttoonotto"
STEPS = ("toiminimi", "tyonohjaaja", "tyoajat", "posti", "tilaaja")
MAIJA = {
    "name": "Maija Meikäläinen",
    "email": "maija@example.fi",
    "phone": "040 123 4567",
    "location": "Esimerkkikatu 1",
}
HOURS = {"start": "9", "end": "16.00", "days.1": "1", "days.5": "1"}
AINO = {"contact.first_name": "Aino", "contact.last_name": "Virtanen", "contact.email": "aino@example.fi"}


@pytest.fixture
def booking_settings(booking_settings: Settings) -> Settings:
    return booking_settings.model_copy(update={"setup_secret": SECRET})


def enter(browser: Browser, typed: str = SECRET) -> Any:
    return browser.post(WALK, data={"secret": typed})


def is_in(browser: Browser) -> bool:
    status: int = browser.get("/yllapito").status_code
    return status == 200


def leads_to(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    place: str = answer.headers["Location"]
    return place


@pytest.mark.parametrize("address", ["/", "/kirjaudu"])
def test_an_empty_installation_leads_its_first_visitor_to_the_walk(browser: Browser, address: str) -> None:
    assert f'href="{WALK}"' in browser.get(address).text
    assert "Käyttöönoton salaisuus" in browser.get(WALK).text


def test_where_somebody_works_nobody_is_led_to_the_walk(browser: Browser, a_supervisor: Make) -> None:
    a_supervisor()

    assert all(WALK not in browser.get(address).text for address in ("/", "/kirjaudu"))
    assert leads_to(browser.get(WALK)) == "/kirjaudu"


def test_the_walk_is_taken_step_by_step_and_goes_on_in_another_browser(booking: Face, browser: Browser) -> None:
    assert leads_to(enter(browser)) == WALK
    assert leads_to(browser.post(f"{WALK}/toiminimi", data={"name": "Oman Työn Paja"})) == f"{WALK}/tyonohjaaja"
    assert leads_to(browser.post(f"{WALK}/tyonohjaaja", data=MAIJA)) == f"{WALK}/tyoajat"
    assert leads_to(browser.post(f"{WALK}/tyoajat", data=HOURS)) == f"{WALK}/posti"

    later = Browser(booking)
    enter(later)
    assert leads_to(later.post(f"{WALK}/ohita", data={"vaihe": "posti"})) == f"{WALK}/tilaaja"
    assert leads_to(later.post(f"{WALK}/tilaaja", data=AINO | {"kind": "person"})) == WALK

    supervisor = booking.admin.get("/api/v1/supervisors").json()["items"][0]
    assert {name: supervisor[name] for name in ("name", "email", "location")} == {
        name: MAIJA[name] for name in ("name", "email", "location")
    }
    weekly = booking.admin.get(f"/api/v1/supervisors/{supervisor['id']}/availability").json()["weekly"]
    assert [(one["weekday"], one["start"], one["end"]) for one in weekly] == [
        (1, "09:00", "16:00"),
        (5, "09:00", "16:00"),
    ]
    client = booking.admin.get("/api/v1/clients").json()["items"][0]
    assert (client["name"], client["payer_type"]) == ("Aino Virtanen", "consumer")
    assert (
        Browser(booking).log_in(MAIJA["email"], supervisor["id"]).get(f"/tyo/tilaajat/{client['id']}").status_code
        == 200
    )


def test_what_is_left_is_listed_on_the_admins_page_until_it_is_dismissed(browser: Browser) -> None:
    enter(browser)
    for step in STEPS:
        browser.post(f"{WALK}/ohita", data={"vaihe": step})
    assert "ohitettu" in browser.get("/yllapito").text

    assert leads_to(browser.post(f"{WALK}/piilota")) == "/yllapito?tehty=piilotettu"
    assert "ohitettu" not in browser.get("/yllapito").text


def test_a_test_letter_proves_by_its_button_that_it_arrived(booking: Face, browser: Browser) -> None:
    enter(browser)
    assert (
        leads_to(browser.post(f"{WALK}/posti", data={"email": "minun@example.fi"})) == f"{WALK}/posti?tehty=lahetetty"
    )
    (letter,) = told(booking, "letter.test-requested.v1")
    reader = Browser(booking)
    place = f"/koekirje/{secret(booking.settings.link_key, UUID(letter['link']))}"
    assert "Kirje tuli perille" in reader.get(place).text
    assert "tuli perille. Posti" not in browser.get(f"{WALK}/posti").text, "whoever only looked has pressed nothing"

    assert leads_to(reader.post(place)) == place
    assert reader.post(place).status_code == 303
    assert "tuli perille. Posti" in browser.get(f"{WALK}/posti").text
    assert not is_in(reader), "the letter logs nobody in"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"days.1": "1", "start": "16", "end": "9"}, "Loppuajan pitää olla alkuajan jälkeen."),
        ({"start": "9", "end": "16"}, "Valitse ainakin yksi päivä."),
        ({"days.9": "1", "start": "9", "end": "16"}, "days"),
        ({"days.1": "1", "start": "aamulla", "end": "16"}, "Tämä ei ole kellonaika"),
    ],
)
def test_hours_that_are_none_are_refused_with_the_reason(browser: Browser, typed: dict[str, str], said: str) -> None:
    enter(browser)
    browser.post(f"{WALK}/tyonohjaaja", data=MAIJA)
    refused = browser.post(f"{WALK}/tyoajat", data=typed)

    assert (refused.status_code, said in refused.text) == (422, True)


# -- whoever has not seen the settings -------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", " ", SECRET[:-1], SECRET + "x", SECRET.swapcase(), "ä" * 43])
def test_another_secret_opens_nothing(browser: Browser, typed: str) -> None:
    refused = enter(browser, typed)

    assert (refused.status_code, "Set-Cookie" in refused.headers, is_in(browser)) == (403, False, False)


def test_wrong_secrets_are_counted_but_never_lock_the_right_one_out(browser: Browser) -> None:
    answers = [enter(browser, secrets.token_urlsafe(32)).status_code for _ in range(22)]

    assert (answers[0], answers[-1]) == (403, 429)
    assert leads_to(enter(browser)) == WALK


def test_without_a_secret_in_the_settings_nothing_opens_and_the_page_says_how_to_make_one(booking: Face) -> None:
    object.__setattr__(booking.settings, "setup_secret", "")
    browser = Browser(booking)

    assert "tyonohjaus secrets --beside .env" in browser.get(WALK).text
    assert (enter(browser, "").status_code, is_in(browser)) == (403, False)


def test_without_the_admins_address_the_right_secret_opens_nothing_either(booking: Face) -> None:
    object.__setattr__(booking.settings, "admin_email", "")
    browser = Browser(booking)

    assert "ADMIN_EMAIL" in enter(browser).text
    assert not is_in(browser)


def test_the_secret_that_leaks_later_opens_nothing_once_the_walk_has_ended(booking: Face, browser: Browser) -> None:
    enter(browser)
    for step in STEPS:
        browser.post(f"{WALK}/ohita", data={"vaihe": step})
    thief = Browser(booking)

    right, wrong = enter(thief), enter(thief, "x" * 43)
    assert (right.status_code, is_in(thief)) == (403, False)
    assert wrong.text == right.text, "and nobody learns whether it was the right one"


def test_a_login_by_letter_ends_the_secret(booking: Face, browser: Browser) -> None:
    enter(browser)
    Browser(booking).log_in(ADMIN_EMAIL, str(ADMIN_PARTY_ID))
    thief = Browser(booking)

    assert (enter(thief).status_code, is_in(thief)) == (403, False)
    assert is_in(browser), "who began goes on"


def test_a_walk_that_is_never_ended_closes_after_a_week(booking: Face, browser: Browser, clock: Clock) -> None:
    enter(browser)
    browser.post(f"{WALK}/tyonohjaaja", data=MAIJA)
    clock(timedelta(days=6, hours=23))
    assert leads_to(enter(Browser(booking))) == WALK

    clock(timedelta(days=7, minutes=1))
    assert enter(Browser(booking)).status_code == 403


def test_where_people_work_already_the_secret_opens_nothing(
    booking: Face, browser: Browser, a_supervisor: Make
) -> None:
    """As after an upgrade, or where everything was set up by the API."""
    supervisor = a_supervisor()
    booking.admin.post(f"/api/v1/supervisors/{supervisor['id']}/deactivate")

    assert (enter(browser).status_code, is_in(browser)) == (403, False)


def test_nobody_takes_a_step_without_the_admins_login(booking: Face, a_supervisor: Make) -> None:
    supervisor = a_supervisor()
    desk = Browser(booking).log_in(supervisor["email"], supervisor["id"])
    for step in STEPS:
        assert leads_to(Browser(booking).get(f"{WALK}/{step}")).startswith("/kirjaudu")
        assert Browser(booking).post(f"{WALK}/{step}").status_code == 401
        assert (desk.get(f"{WALK}/{step}").status_code, desk.post(f"{WALK}/{step}").status_code) == (404, 404)


def test_another_site_cannot_send_the_secret(browser: Browser) -> None:
    foreign = browser.post(WALK, data={"secret": SECRET}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (foreign.status_code, is_in(browser)) == (403, False)
