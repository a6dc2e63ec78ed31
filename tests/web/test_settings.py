"""A supervisor sets when they can be booked and who they are, in a real browser."""

import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.practice import Json, Practice, eventually
from tests.support.receiver import receiving
from tests.web.conftest import NARROWEST, PHONE, assert_accessible

pytestmark = pytest.mark.browser

LogIn = Callable[[str], Page]

PAGES = ("", "/tyoajat", "/poissaolot", "/kalenterit", "/omat-tiedot", "/tunnukset", "/loki")


@pytest.fixture
def supervisor(practice: Practice) -> Json:
    """A new supervisor, so that no story of another test is disturbed."""
    number = secrets.token_hex(3)
    return practice.post("/api/v1/supervisors", {"name": "Salla Säätäjä", "email": f"salla.{number}@example.fi"})


def test_a_new_supervisor_opens_their_week(practice: Practice, supervisor: Json, page: Page, log_in: LogIn) -> None:
    log_in(supervisor["email"])
    page.goto(f"{practice.booking.base_url}/tyo/asetukset")
    assert_accessible(page)
    page.get_by_role("link", name="Aseta työajat").click()
    assert_accessible(page)

    page.get_by_role("button", name="Lisää aika tiistaina").click()
    page.get_by_label("Tiistai alkaa").fill("14:00")
    page.get_by_label("Tiistai päättyy").fill("09:00")
    page.get_by_role("button", name="Tallenna työajat").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Tiistai alkaa")).to_have_value("14:00")
    assert_accessible(page)

    page.get_by_label("Tiistai päättyy").fill("16:00")
    page.get_by_role("button", name="Tallenna työajat").click()
    expect(page.get_by_role("status")).to_have_text("Työajat on tallennettu.")
    expect(page.get_by_text("14.00–15.00")).to_be_visible()
    assert_accessible(page)


def test_an_absence_is_marked_and_taken_away(practice: Practice, supervisor: Json, page: Page, log_in: LogIn) -> None:
    log_in(supervisor["email"])
    page.goto(f"{practice.booking.base_url}/tyo/asetukset/poissaolot")
    page.get_by_role("button", name="Merkitse poissaolo").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_accessible(page)

    page.get_by_label("Ensimmäinen päivä").fill("2027-07-05")
    page.get_by_label("Viimeinen päivä").fill("2027-07-30")
    page.get_by_role("button", name="Merkitse poissaolo").click()
    expect(page.get_by_role("status")).to_contain_text("Poissaolo on merkitty.")
    expect(page.get_by_text("5.–30.7.2027", exact=True)).to_be_visible()
    assert_accessible(page)

    page.get_by_role("button", name="Poista").click()
    expect(page.get_by_role("status")).to_contain_text("Poissaolo on poistettu.")


def test_the_signature_is_seen_as_letters_print_it(
    practice: Practice, supervisor: Json, page: Page, log_in: LogIn
) -> None:
    log_in(supervisor["email"])
    page.goto(f"{practice.booking.base_url}/tyo/asetukset/omat-tiedot")
    page.get_by_label("Puhelin").fill("0401234567")
    page.get_by_label("Lisärivit allekirjoitukseen").fill("www.example.fi")
    page.get_by_role("button", name="Tallenna").click()

    expect(page.locator(".signed")).to_contain_text("puh.\u00a0040 123 4567")
    expect(page.locator(".signed")).to_contain_text("www.example.fi")
    assert_accessible(page)


def test_a_webhook_is_made_and_tried(practice: Practice, supervisor: Json, page: Page, log_in: LogIn) -> None:
    log_in(supervisor["email"])
    page.set_viewport_size(PHONE)
    page.goto(f"{practice.booking.base_url}/tyo/asetukset")
    page.get_by_role("link", name="Webhookit").click()
    assert_accessible(page)
    page.get_by_role("button", name="Luo webhook").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_accessible(page)

    with receiving() as receiver:
        page.get_by_label("Osoite").fill(receiver.url)
        page.get_by_role("button", name="Luo webhook").click()
        secret = page.get_by_label("Salaisuus", exact=True).input_value()
        assert_accessible(page)
        page.get_by_role("link", name="Olen kopioinut sen").click()
        page.get_by_role("button", name="Lähetä kokeeksi").click()
        expect(page.get_by_role("status")).to_contain_text("Koelähetys on matkalla.")
        (tested,) = eventually(lambda: receiver.received, what="the test at its receiver")
        assert tested.verified(secret)["type"] == "webhook.tested.v1"

        page.get_by_role("link", name="Päivitä").click()
        eventually(lambda: page.reload() and page.get_by_text("Yksi yritys").is_visible(), what="its answer")
        page.get_by_text("Yksi yritys").click()
        expect(page.get_by_text("vastaus 204")).to_be_visible()
        assert_accessible(page)


def test_a_credential_is_shown_once(practice: Practice, supervisor: Json, page: Page, log_in: LogIn) -> None:
    log_in(supervisor["email"])
    page.goto(f"{practice.booking.base_url}/tyo/asetukset/tunnukset")
    page.get_by_role("button", name="Luo tunnus").click()
    client_id = page.get_by_label("Tunnus (client_id)").input_value()
    secret = page.get_by_label("Salaisuus (client_secret)").input_value()
    assert practice.token(client_id, secret)
    assert_accessible(page)

    page.get_by_role("link", name="Olen kopioinut sen").click()
    expect(page.get_by_text(client_id).first).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("button", name="Sulje tunnus").click()
    expect(page.get_by_role("status")).to_contain_text("Tunnus on suljettu.")
    assert_accessible(page)


def test_every_page_of_the_settings_is_accessible_however_narrow(
    practice: Practice, supervisor: Json, page: Page, log_in: LogIn
) -> None:
    log_in(supervisor["email"])
    practice.post(f"/api/v1/supervisors/{supervisor['id']}/calendars", {"url": "https://example.invalid/oma.ics"})
    page.set_viewport_size(NARROWEST)
    for path in PAGES:
        page.goto(f"{practice.booking.base_url}/tyo/asetukset{path}")
        assert_accessible(page)


def test_hours_are_set_without_any_script(
    practice: Practice, supervisor: Json, chromium: Browser, enter: Callable[..., None]
) -> None:
    with chromium.new_context(viewport=PHONE, java_script_enabled=False, locale="fi-FI") as plain:
        page = plain.new_page()
        enter(page, supervisor["email"])
        page.goto(f"{practice.booking.base_url}/tyo/asetukset/tyoajat")
        for number in range(2):
            page.get_by_role("button", name="Lisää aika keskiviikkona").click()
            page.get_by_label("Keskiviikko alkaa").nth(number).fill(f"{9 + 4 * number:02}:00")
            page.get_by_label("Keskiviikko päättyy").nth(number).fill(f"{12 + 4 * number:02}:00")
        page.get_by_role("button", name="Poista aika: keskiviikko").first.click()
        page.get_by_role("button", name="Tallenna työajat").click()

        expect(page.get_by_role("status")).to_have_text("Työajat on tallennettu.")
        expect(page.get_by_label("Keskiviikko alkaa")).to_have_value("13:00")
