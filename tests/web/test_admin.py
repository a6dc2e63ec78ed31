"""The admin looks after the system, its people and its trail, in a real browser."""

import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.practice import Practice
from tests.web.conftest import ADMIN_EMAIL, NARROWEST, PHONE, assert_accessible

pytestmark = pytest.mark.browser

LogIn = Callable[[str], Page]

PAGES = ("", "/tyonohjaajat", "/tyonohjaajat/uusi", "/tilaajat", "/tilaajat/uusi", "/loki")


def test_the_admin_sees_how_all_three_services_are_doing(practice: Practice, page: Page, log_in: LogIn) -> None:
    log_in(ADMIN_EMAIL)
    for part in ("Varaukset", "Raportit", "Viestit"):
        page.get_by_role("navigation", name="Järjestelmän osat").get_by_role("link", name=part).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Järjestelmän tila")
        assert_accessible(page)
    assert page.url == f"{practice.booking.base_url}/viestit/yllapito"


def test_the_admin_adds_a_supervisor_who_logs_in(
    practice: Practice, page: Page, log_in: LogIn, enter: Callable[..., None]
) -> None:
    email = f"uusi.{secrets.token_hex(3)}@example.fi"
    log_in(ADMIN_EMAIL)
    page.get_by_role("link", name="Työnohjaajat").click()
    page.get_by_role("link", name="Uusi työnohjaaja").click()
    page.get_by_role("button", name="Tallenna").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_accessible(page)

    page.get_by_label("Sähköpostiosoite").fill(email)
    page.get_by_label("Nimi", exact=True).fill("Uuno Uusi")
    page.get_by_role("button", name="Tallenna").click()
    expect(page.get_by_role("status")).to_contain_text("Työnohjaaja on lisätty.")
    assert_accessible(page)

    page.get_by_role("button", name="Kirjaudu ulos").click()
    enter(page, email)
    expect(page).to_have_url(f"{practice.booking.base_url}/tyo")


def test_the_trail_tells_who_did_what_in_each_service(practice: Practice, page: Page, log_in: LogIn) -> None:
    log_in(ADMIN_EMAIL)
    page.get_by_role("link", name="Tapahtumaloki").click()
    code = practice.booking.get("/api/v1/processes").json()["items"][0]["code"]
    page.get_by_label("Prosessin koodi").fill(code)
    page.get_by_role("button", name="Etsi").click()
    expect(page.get_by_role("table")).to_contain_text("varasi tapaamisen")
    assert_accessible(page)
    page.get_by_label("Kuka").select_option("participant")
    page.get_by_role("button", name="Etsi").click()
    expect(page.get_by_role("table")).to_contain_text("osallistuja")
    assert_accessible(page)

    parts = page.get_by_role("navigation", name="Lokin osat")
    for part in ("Raportit", "Viestit"):
        parts.get_by_role("link", name=part).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Tapahtumaloki")
        assert_accessible(page)
    assert page.url == f"{practice.booking.base_url}/viestit/yllapito/loki"


def test_every_page_of_the_admin_is_accessible_however_narrow(practice: Practice, page: Page, log_in: LogIn) -> None:
    log_in(ADMIN_EMAIL)
    page.set_viewport_size(NARROWEST)
    for path in PAGES:
        page.goto(f"{practice.booking.base_url}/yllapito{path}")
        assert_accessible(page)
    page.goto(f"{practice.booking.base_url}/yllapito/tilaajat")
    page.locator("main .list a").first.click()
    assert_accessible(page)
    page.get_by_role("link", name="Rajapintatunnukset").click()
    assert_accessible(page)


def test_the_admin_needs_no_script(practice: Practice, chromium: Browser, enter: Callable[..., None]) -> None:
    with chromium.new_context(viewport=PHONE, java_script_enabled=False, locale="fi-FI") as plain:
        page = plain.new_page()
        enter(page, ADMIN_EMAIL)
        page.goto(f"{practice.booking.base_url}/yllapito/loki")
        page.get_by_label("Alkaen").fill("2020-01-01")
        page.get_by_role("button", name="Etsi").click()
        expect(page.get_by_role("table")).to_be_visible()
