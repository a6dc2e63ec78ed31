"""The pages before and behind the login, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.integration.practice import Practice
from tests.web.conftest import ADMIN_EMAIL, assert_accessible

pytestmark = pytest.mark.browser

LogIn = Callable[[str], Page]


@pytest.mark.parametrize("path", ["/", "/tietosuoja", "/kirjaudu", "/kirjaudu/lahetetty", "/ei/ole"])
def test_pages_for_anyone_are_accessible(practice: Practice, page: Page, path: str) -> None:
    page.goto(f"{practice.booking.base_url}{path}")

    assert_accessible(page)


def test_a_wrong_address_is_told_beside_its_field(practice: Practice, page: Page) -> None:
    page.goto(f"{practice.booking.base_url}/kirjaudu")
    page.get_by_label("Sähköpostiosoite").fill("ei osoite")
    page.get_by_role("button", name="Lähetä linkki").click()

    expect(page.get_by_label("Sähköpostiosoite")).to_have_value("ei osoite")
    expect(page.get_by_role("alert")).to_be_focused()
    assert_accessible(page)


def test_the_admin_comes_in_and_leaves(practice: Practice, page: Page, log_in: LogIn) -> None:
    log_in(ADMIN_EMAIL)
    expect(page).to_have_url(f"{practice.booking.base_url}/yllapito")
    assert_accessible(page)

    page.get_by_role("button", name="Kirjaudu ulos").click()
    expect(page).to_have_url(f"{practice.booking.base_url}/")
    page.goto(f"{practice.booking.base_url}/yllapito")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kirjaudu sähköpostilla")
