"""Somebody who knows nothing of us yet, in a real browser: reads the first page and books a first talk."""

import re
import secrets

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.practice import Json, Practice
from tests.web.conftest import NARROWEST, PHONE, assert_accessible, choose_day
from tests.web.making import a_supervisor

pytestmark = pytest.mark.browser


@pytest.fixture
def window() -> ViewportSize:
    return PHONE


@pytest.fixture
def supervisor(practice: Practice) -> Json:
    return a_supervisor(practice, f"Orvokki {secrets.token_hex(3)}")


@pytest.fixture
def address() -> str:
    return f"vieras.{secrets.token_hex(4)}@example.fi"


def choose_time(page: Page, supervisor: Json, clock: str) -> None:
    page.get_by_role("link", name=f"Katso vapaat ajat {supervisor['name']}").click()
    choose_day(page)
    page.get_by_role("link", name=clock).click()


def introduce(page: Page, address: str) -> None:
    page.get_by_label("Nimi").fill("Åke Öhman")
    page.get_by_label("Sähköpostiosoite").fill(address)
    page.get_by_label("Mitä toivot keskustelulta?").fill('Rivi\ntoinen "><img src=x onerror=alert(1)>')


def link_in_letter(practice: Practice, address: str, path: str) -> str:
    return practice.found_in_letters(address, rf"https?://\S+/{path}/\S+")[0]


def test_the_first_page_leads_to_a_talk_that_is_confirmed_moved_and_called_off(
    practice: Practice, page: Page, supervisor: Json, address: str
) -> None:
    page.goto(f"{practice.booking.base_url}/")
    assert_accessible(page)
    page.get_by_role("link", name="Varaa kartoittava keskustelu").first.click()
    assert_accessible(page)
    choose_time(page, supervisor, "10.00")
    assert_accessible(page)
    introduce(page, address)
    page.get_by_role("button", name="Varaa aika").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vahvista vielä aika")
    assert_accessible(page)

    page.goto(link_in_letter(practice, address, "kartoitus"))
    assert_accessible(page)
    page.get_by_role("button", name="Vahvista aika").click()
    expect(page.get_by_role("status")).to_contain_text("Aika on vahvistettu.")
    assert_accessible(page)

    choose_day(page)
    assert_accessible(page)
    page.get_by_role("radio", name="12.00").check()
    page.get_by_role("button", name="Siirrä keskustelu").click()
    expect(page.get_by_role("status")).to_contain_text("Aika on siirretty.")

    page.get_by_role("link", name="Peru aika").click()
    assert_accessible(page)
    page.get_by_role("button", name="Peru aika").click()
    expect(page.get_by_role("status")).to_contain_text("Aika on peruttu.")
    expect(page.get_by_role("button", name="Varaa uusi aika")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Kumoa peruutus").click()
    expect(page.get_by_role("status")).to_contain_text("Peruutus on kumottu.")
    expect(page.get_by_role("link", name="Peru aika")).to_be_visible()
    assert_accessible(page)


def test_the_days_are_seen_before_the_times_and_nothing_typed_is_lost(
    practice: Practice, page: Page, supervisor: Json, address: str
) -> None:
    page.goto(f"{practice.booking.base_url}/varaa/{supervisor['id']}")
    assert_accessible(page)
    choose_day(page)
    assert_accessible(page)
    page.get_by_role("link", name="9.00").click()

    page.get_by_label("Nimi").fill("Åke Öhman")
    page.get_by_label("Sähköpostiosoite").fill("ei osoite")
    page.get_by_role("button", name="Varaa aika").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Nimi")).to_have_value("Åke Öhman")
    assert_accessible(page)
    page.get_by_role("alert").get_by_role("link", name="Sähköpostiosoite").click()
    page.keyboard.press("Control+A")
    page.keyboard.type(address)

    chosen = page.locator("input[name=starts_at]:checked").input_value()
    other = {"supervisor_id": supervisor["id"], "starts_at": chosen, "name": "Nopeampi", "email": f"n.{address}"}
    practice.post("/api/v1/intakes", other, expected=202)
    page.get_by_role("button", name="Varaa aika").click()
    expect(page.get_by_role("alert")).to_contain_text("Aika on jo varattu.")
    expect(page.get_by_label("Sähköpostiosoite")).to_have_value(address)
    assert_accessible(page)
    page.locator("input[name=starts_at]").first.check()
    page.get_by_role("button", name="Varaa aika").click()
    expect(page).to_have_url(re.compile("/varaa/kiitos$"))


def test_the_back_button_keeps_what_was_typed(practice: Practice, page: Page, supervisor: Json) -> None:
    page.goto(f"{practice.booking.base_url}/varaa/{supervisor['id']}")
    choose_day(page)
    page.get_by_role("link", name="9.00").click()
    introduce(page, "vieras@example.fi")

    page.get_by_role("link", name="Näin käsittelemme henkilötietojasi").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Näin käsittelemme henkilötietojasi")
    page.go_back()

    expect(page.get_by_label("Nimi")).to_have_value("Åke Öhman")
    expect(page.get_by_label("Sähköpostiosoite")).to_have_value("vieras@example.fi")


def test_whoever_goes_back_corrects_the_address_and_gets_the_letter(
    practice: Practice, page: Page, supervisor: Json, address: str
) -> None:
    page.goto(f"{practice.booking.base_url}/varaa")
    choose_time(page, supervisor, "9.00")
    introduce(page, f"vaara.{address}")
    page.get_by_role("button", name="Varaa aika").click()
    expect(page.get_by_text(f"vaara.{address}")).to_be_visible()
    assert_accessible(page)

    page.go_back()
    page.get_by_label("Sähköpostiosoite").fill(address)
    page.get_by_role("button", name="Varaa aika").click()
    expect(page.get_by_text(address, exact=True)).to_be_visible()

    page.get_by_role("link", name="Korjaa tietoja tai vaihda aikaa").click()
    expect(page.get_by_label("Sähköpostiosoite")).to_have_value(address)
    page.goto(link_in_letter(practice, address, "kartoitus"))
    page.get_by_role("button", name="Vahvista aika").click()
    expect(page.get_by_role("status")).to_contain_text("Aika on vahvistettu.")


def test_a_talk_is_booked_without_scripts_on_the_narrowest_phone(
    practice: Practice, chromium: Browser, supervisor: Json, address: str
) -> None:
    with chromium.new_context(java_script_enabled=False, viewport=NARROWEST, locale="fi-FI") as plain:
        page = plain.new_page()
        page.goto(f"{practice.booking.base_url}/varaa")
        choose_time(page, supervisor, "11.00")
        page.get_by_role("button", name="Varaa aika").click()
        expect(page.get_by_role("alert")).to_contain_text("2 kohtaa on korjattava")
        page.get_by_text("Vaihda aika").click()
        page.locator("input[name=starts_at]").last.check()
        introduce(page, address)
        page.get_by_role("button", name="Varaa aika").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Vahvista vielä aika")

        page.goto(link_in_letter(practice, address, "kartoitus"))
        page.get_by_role("button", name="Vahvista aika").click()
        expect(page.get_by_role("status")).to_contain_text("Aika on vahvistettu.")


def test_pages_for_anyone_fit_the_narrowest_phone_and_large_letters(
    practice: Practice, chromium: Browser, supervisor: Json
) -> None:
    with chromium.new_context(viewport=NARROWEST, color_scheme="dark", locale="fi-FI") as narrow:
        page = narrow.new_page()
        for path in ("/", "/tietosuoja", "/varaa", f"/varaa/{supervisor['id']}", "/varaa/kiitos"):
            page.goto(f"{practice.booking.base_url}{path}")
            assert_accessible(page)
