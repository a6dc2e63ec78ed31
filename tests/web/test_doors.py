"""Logging in and out, in a real browser. `test_every_page` looks at the pages before it."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.practice import Practice
from tests.web.conftest import ADMIN_EMAIL, assert_accessible, login_link

pytestmark = pytest.mark.browser


def test_a_page_that_is_not_there_is_accessible(practice: Practice, page: Page) -> None:
    page.goto(f"{practice.booking.base_url}/ei/ole")

    assert_accessible(page)


def test_a_wrong_address_is_told_beside_its_field(practice: Practice, page: Page) -> None:
    page.goto(f"{practice.booking.base_url}/kirjaudu")
    page.get_by_label("Sähköpostiosoite").fill("ei osoite")
    page.get_by_role("button", name="Lähetä linkki").click()

    expect(page.get_by_label("Sähköpostiosoite")).to_have_value("ei osoite")
    expect(page.get_by_role("alert")).to_be_focused()
    assert_accessible(page)


def test_the_admin_comes_in_and_leaves(practice: Practice, page: Page) -> None:
    seen = len(practice.letters(ADMIN_EMAIL))
    page.goto(f"{practice.booking.base_url}/kirjaudu")
    page.get_by_label("Sähköpostiosoite").fill(ADMIN_EMAIL)
    page.get_by_role("button", name="Lähetä linkki").click()
    page.goto(login_link(practice, ADMIN_EMAIL, seen))
    page.locator("main").get_by_role("button").click()
    expect(page).to_have_url(f"{practice.booking.base_url}/yllapito")
    assert_accessible(page)

    page.get_by_role("button", name="Kirjaudu ulos").click()
    expect(page).to_have_url(f"{practice.booking.base_url}/")
    page.goto(f"{practice.booking.base_url}/yllapito")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kirjaudu sähköpostilla")
