"""Reports in a real browser: read, asked for, reworded, and led to the client; and what the client sees of them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.practice import Json, Practice
from tests.web.conftest import NARROWEST, assert_accessible
from tests.web.making import a_client, a_process, a_supervisor

pytestmark = pytest.mark.browser

LogIn = Callable[[str], Page]

HELENA = "helena.aaltola@tyonohjaus.example"


@pytest.fixture
def alone(practice: Practice) -> tuple[Json, Json, Json]:
    """A supervisor, a client, and a process of one person that all services have heard of."""
    supervisor, client = a_supervisor(practice), a_client(practice)
    process = a_process(practice, supervisor, client)
    practice.settle()
    return supervisor, client, process


def to_reports(page: Page) -> None:
    page.get_by_role("navigation", name="Sivut").get_by_role("link", name="Raportit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Raportit")


def narrow_to(page: Page, kind: str) -> None:
    page.get_by_label("Laji").select_option(label=kind)
    page.get_by_role("button", name="Näytä").click()


def test_a_supervisor_reads_reports_and_sees_how_a_process_comes_along(page: Page, log_in: LogIn) -> None:
    log_in(HELENA)
    to_reports(page)
    assert_accessible(page)

    for kind in ("Tavoitearviointi", "Yleiskatsaus", "Loppuraportti tilaajalle"):
        narrow_to(page, kind)
        assert_accessible(page)
        page.locator(".what a").first.click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_accessible(page)
        if kind == "Tavoitearviointi":
            expect(page.get_by_role("img").first).to_be_visible()
        page.get_by_role("link", name="Kaikki raportit", exact=True).click()

    page.locator(".what a").first.click()
    page.get_by_role("link", name="Edistyminen tänään").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Edistyminen")
    assert_accessible(page)
    page.set_viewport_size(NARROWEST)
    assert_accessible(page)


def test_a_report_goes_all_the_way_to_its_client(
    practice: Practice, alone: tuple[Json, Json, Json], page: Page, log_in: LogIn
) -> None:
    supervisor, client, process = alone
    log_in(supervisor["email"])
    to_reports(page)
    expect(page.get_by_text("Raportteja ei vielä ole.")).to_be_visible()
    assert_accessible(page)

    page.get_by_role("link", name="Pyydä raportti").click()
    assert_accessible(page)
    page.get_by_label("Loppuraportti tilaajalle", exact=False).check()
    page.get_by_label("Vain näiltä päiviltä:").check()
    page.get_by_role("button", name="Laadi raportti").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Vain näiltä päiviltä:")).to_be_checked()
    assert_accessible(page)
    page.get_by_label("Koko prosessi tähän asti").check()
    page.get_by_role("button", name="Laadi raportti").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Raportti on laadittu.")
    assert_accessible(page)
    draft = page.url.partition("?")[0]

    reword(page)
    expect(page.get_by_role("status")).to_contain_text("Yhteenveto on tallennettu.")
    expect(page.get_by_text("Opin kuuntelemaan.")).to_be_visible()

    page.get_by_role("link", name="Luovuta tilaajalle").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Raporttia ei voi vielä luovuttaa")
    assert_accessible(page)
    page.get_by_role("link", name="Takaisin raporttiin").click()

    note_opinion(page, "Raporttia ei pidä antaa tilaajalle tällaisena")
    page.get_by_role("link", name="Luovuta tilaajalle").click()
    expect(page.get_by_text("Mieluummin vasta syksyllä.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Älä luovuta vielä").click()
    note_opinion(page, "Raportin voi antaa tilaajalle")
    page.get_by_role("link", name="Luovuta tilaajalle").click()
    expect(page.get_by_text("Luettua ei saa lukemattomaksi.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Luovuta tilaajalle").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Raportti on luovutettu tilaajalle.")
    assert_accessible(page)

    read_by_client(page, log_in, client, process)
    withdraw(page, log_in, supervisor, draft)


def reword(page: Page) -> None:
    page.get_by_role("link", name="Kirjoita sanallinen yhteenveto").click()
    assert_accessible(page)
    page.get_by_role("button", name="Tallenna ja näytä osallistujille").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_accessible(page)
    page.get_by_role("textbox", name="Yhteenveto").fill("Opin kuuntelemaan.\n\nJatkan syksyllä.")
    page.get_by_role("button", name="Tallenna ja näytä osallistujille").dblclick()


def note_opinion(page: Page, opinion: str) -> None:
    page.get_by_text("Kirjaa osallistujan kanta").click()
    page.get_by_role("radio", name=opinion).check()
    page.get_by_label("Kommentti", exact=False).fill("Mieluummin vasta syksyllä.")
    assert_accessible(page)
    page.get_by_role("button", name="Kirjaa kanta").click()
    expect(page.get_by_role("status")).to_contain_text("Osallistujan kanta on kirjattu.")


def leave(page: Page) -> None:
    page.get_by_role("button", name="Kirjaudu ulos").click()
    expect(page.get_by_role("navigation", name="Sivut")).to_have_count(0)


def read_by_client(page: Page, log_in: LogIn, client: Json, process: Json) -> None:
    leave(page)
    log_in(client["contact"]["email"])
    to_reports(page)
    assert_accessible(page)
    page.get_by_role("link", name=process["title"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Työnohjauksen loppuraportti")
    expect(page.get_by_role("link", name="Merkitse perutuksi")).to_have_count(0)
    assert_accessible(page)
    leave(page)


def withdraw(page: Page, log_in: LogIn, supervisor: Json, report: str) -> None:
    log_in(supervisor["email"])
    page.goto(report)
    page.get_by_role("link", name="Merkitse perutuksi").click()
    assert_accessible(page)
    page.get_by_role("button", name="Merkitse perutuksi").click()
    expect(page.get_by_role("status")).to_contain_text("perutuksi")
    expect(page.get_by_text("ei enää voimassa")).to_be_visible()
    assert_accessible(page)


def test_the_cadence_is_chosen(practice: Practice, page: Page, log_in: LogIn) -> None:
    supervisor = a_supervisor(practice)
    practice.settle()
    log_in(supervisor["email"])
    to_reports(page)
    page.get_by_role("link", name="Raporttien aikataulu").click()
    assert_accessible(page)
    page.get_by_label("Puolivuosittain").check()
    page.get_by_role("button", name="Tallenna").click()

    expect(page.get_by_role("status")).to_contain_text("Aikataulu on tallennettu.")
    expect(page.get_by_label("Puolivuosittain")).to_be_checked()
    assert_accessible(page)


def test_a_client_without_reports_learns_when_they_come(practice: Practice, page: Page, log_in: LogIn) -> None:
    client = a_client(practice)
    log_in(client["contact"]["email"])
    to_reports(page)

    expect(page.get_by_text("Sinulle ei ole vielä luovutettu raportteja.")).to_be_visible()
    assert_accessible(page)


def test_reports_need_no_script(
    practice: Practice, alone: tuple[Json, Json, Json], chromium: Browser, page: Page, log_in: LogIn
) -> None:
    log_in(alone[0]["email"])
    with chromium.new_context(java_script_enabled=False, locale="fi-FI") as plain:
        plain.add_cookies(page.context.cookies())  # type: ignore[arg-type]  # what one context gives, another takes
        silent = plain.new_page()
        silent.goto(f"{practice.booking.base_url}/raportit/uusi")
        silent.get_by_role("button", name="Laadi raportti").click()

        expect(silent.get_by_role("status")).to_contain_text("Raportti on laadittu.")
        expect(silent.get_by_role("heading", level=1)).to_contain_text("Tavoitearviointi")
        silent.get_by_role("link", name="Kaikki raportit", exact=True).click()
        expect(silent.locator(".what")).to_have_count(1)
