"""Search in a real browser: as one types, by keyboard alone, on a phone and without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.practice import Json, Practice
from tests.web.conftest import PHONE, assert_accessible, assert_fits
from tests.web.making import a_client, a_process, a_supervisor

pytestmark = pytest.mark.browser

LogIn = Callable[[str], Page]
Enter = Callable[[Page, str], None]


@pytest.fixture
def supervisor(practice: Practice) -> Json:
    return a_supervisor(practice)


@pytest.fixture
def person(practice: Practice, supervisor: Json) -> Json:
    process = a_process(practice, supervisor, a_client(practice), form="group", people=3)
    person: Json = process["participants"][0]
    return person


def test_a_slash_leads_to_what_is_found_while_one_types(
    page: Page, log_in: LogIn, supervisor: Json, person: Json
) -> None:
    log_in(supervisor["email"])
    field = page.get_by_role("searchbox", name="Etsi kaikesta")
    name = f"{person['first_name']} {person['last_name']}"

    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type(person["email"])
    found = page.locator(".found").get_by_role("link", name=name, exact=True)
    expect(found).to_be_visible()
    assert person["email"] not in page.url
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(found).not_to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Haku")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    page.go_back()
    expect(page.get_by_role("main").get_by_role("link", name=name, exact=True)).to_be_visible()
    assert page.url.endswith("/tyo/haku")

    page.get_by_role("button", name="Poista pikanäppäin / käytöstä").click()
    page.keyboard.press("/")
    expect(field).not_to_be_focused()


def test_on_a_phone_the_search_fits_and_works(page: Page, log_in: LogIn, supervisor: Json, person: Json) -> None:
    page.set_viewport_size(PHONE)
    log_in(supervisor["email"])

    page.get_by_role("searchbox", name="Etsi kaikesta").fill(person["last_name"])
    expect(page.locator(".found").get_by_role("link").first).to_be_visible()
    assert_fits(page)
    assert_accessible(page)


def test_without_scripts_the_search_is_a_page(
    without_scripts: Page, enter: Enter, supervisor: Json, person: Json
) -> None:
    page = without_scripts
    enter(page, supervisor["email"])

    page.get_by_role("searchbox", name="Etsi kaikesta").fill(person["last_name"])
    page.get_by_role("button", name="Etsi", exact=True).click()
    expect(page.get_by_role("main").get_by_role("link").first).to_be_visible()
    assert person["last_name"] not in page.url
