"""The log of letters in a real browser: read, narrowed, looked into, and one sent once more."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.practice import Practice
from tests.web.conftest import NARROWEST, assert_accessible
from tests.web.making import a_client, a_process, a_session, a_supervisor

pytestmark = pytest.mark.browser

LogIn = Callable[[str], Page]

HELENA = "helena.aaltola@tyonohjaus.example"


def to_letters(page: Page) -> None:
    page.get_by_role("navigation", name="Sivut").get_by_role("link", name="Viestit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Viestit")


def test_a_supervisor_reads_what_was_sent(practice: Practice, page: Page, log_in: LogIn) -> None:
    log_in(HELENA)
    to_letters(page)
    assert_accessible(page)

    page.get_by_label("Tila").select_option(label="Lähetetty")
    page.get_by_label("Prosessi").select_option(index=1)
    page.get_by_role("button", name="Näytä").click()
    assert_accessible(page)
    page.locator(".what a").first.click()

    framed = page.frame_locator("iframe")
    expect(framed.get_by_text("Ystävällisin terveisin")).to_have_count(1)
    expect(framed.locator("a[href]")).to_have_count(0)
    page.get_by_text("Sama pelkkänä tekstinä").click()
    expect(page.locator(".plain")).to_contain_text("Ystävällisin terveisin")
    assert_accessible(page)
    page.set_viewport_size(NARROWEST)
    assert_accessible(page)


def test_a_letter_looks_in_its_frame_as_in_a_mail_program(practice: Practice, page: Page, log_in: LogIn) -> None:
    """The page's policy lets the letter's own styles in, and nothing else; `page` fails where it refuses any."""
    log_in(HELENA)
    to_letters(page)
    page.goto(f"{practice.booking.base_url}/viestit?tila=sent")
    page.locator(".what a").first.click()

    sheet = page.frame_locator("iframe").locator(".sheet").first

    expect(sheet).to_have_css("border-top-width", "3px")
    expect(sheet).to_have_css("border-top-style", "solid")


def test_a_letter_is_sent_once_more(practice: Practice, page: Page, log_in: LogIn) -> None:
    supervisor = a_supervisor(practice)
    process = a_process(practice, supervisor, a_client(practice))
    (person,) = process["participants"]
    address = practice.booking.get(f"/api/v1/processes/{process['id']}").json()["participants"][0]["email"]
    log_in(supervisor["email"])
    to_letters(page)
    expect(page.get_by_text("Viestejä ei vielä ole.")).to_be_visible()
    assert_accessible(page)

    a_session(practice, process)
    practice.next_letters(address)
    page.reload()
    page.get_by_role("link", name="Varausvahvistus").click()
    page.get_by_role("link", name="Lähetä uudelleen").click()
    assert_accessible(page)
    page.get_by_role("button", name="Lähetä uudelleen").dblclick()

    expect(page.get_by_role("status")).to_contain_text("Viesti lähtee uudelleen.")
    assert_accessible(page)
    practice.next_letters(address, seen=1)
    assert len(practice.letters(address)) == 2
    page.goto(f"{practice.booking.base_url}/viestit?prosessi={process['id']}")
    expect(page.locator(".what")).to_have_count(2)
    assert person["id"] not in page.content()


def test_the_log_needs_no_script(practice: Practice, chromium: Browser, page: Page, log_in: LogIn) -> None:
    log_in(HELENA)
    with chromium.new_context(java_script_enabled=False, locale="fi-FI") as plain:
        plain.add_cookies(page.context.cookies())  # type: ignore[arg-type]  # what one context gives, another takes
        silent = plain.new_page()
        silent.goto(f"{practice.booking.base_url}/viestit")
        silent.get_by_label("Tila").select_option(label="Lähetetty")
        silent.get_by_role("button", name="Näytä").click()
        silent.locator(".what a").first.click()

        expect(silent.frame_locator("iframe").locator(".sheet").first).to_be_visible()
        silent.get_by_role("link", name="Lähetä uudelleen").click()
        expect(silent.get_by_role("button", name="Lähetä uudelleen")).to_be_visible()
