"""A client's contact in a real browser: books, moves, calls off, and says who takes part."""

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from services.finnish.workdays import same_wall_clock
from tests.support.practice import Json, Practice
from tests.web.conftest import NARROWEST, assert_accessible, choose_day
from tests.web.making import a_client, a_process, a_supervisor

pytestmark = pytest.mark.browser

LogIn = Callable[[str], Page]


@pytest.fixture
def ordered(practice: Practice) -> tuple[Json, Json]:
    """A client, and the team process that it ordered."""
    client = a_client(practice)
    return client, a_process(practice, a_supervisor(practice), client, "team", 3)


def test_a_client_books_moves_and_calls_off(ordered: tuple[Json, Json], log_in: LogIn) -> None:
    client, process = ordered
    page = log_in(client["contact"]["email"])
    assert_accessible(page)
    page.get_by_role("link", name=process["title"], exact=True).click()
    expect(page.get_by_text("Tulevia tapaamisia ei ole.")).to_be_visible()
    assert_accessible(page)

    page.get_by_role("link", name="Varaa tapaaminen tai sarja").click()
    assert_accessible(page)
    choose_day(page)
    assert_accessible(page)
    page.get_by_role("radio", name="10.00").check()
    page.get_by_label("Etäyhteydellä").check()
    page.get_by_label("Etäyhteyden osoite").fill("https://meet.example.fi/abc")
    page.get_by_role("button", name="Varaa").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Aika on varattu")
    expect(page.get_by_role("link", name="Siirrä tai peru")).to_have_count(1)
    assert_accessible(page)

    page.get_by_role("link", name="Siirrä tai peru").click()
    assert_accessible(page)
    choose_day(page)
    page.get_by_role("radio", name="12.00").check()
    page.get_by_role("button", name="Siirrä tapaaminen").click()
    expect(page.get_by_role("status")).to_contain_text("on siirretty")

    page.get_by_role("link", name="Siirrä tai peru").click()
    page.get_by_role("link", name="Peru tapaaminen").click()
    expect(page.get_by_text("Peruutus on maksuton")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Peru tapaaminen").click()
    expect(page.get_by_role("status")).to_contain_text("on peruttu")
    page.get_by_role("button", name="Kumoa peruutus").click()
    expect(page.get_by_role("status")).to_contain_text("on kumottu")
    page.get_by_role("link", name="Siirrä tai peru").click()
    page.get_by_role("link", name="Peru tapaaminen").click()
    page.get_by_role("button", name="Peru tapaaminen").click()
    expect(page.get_by_role("status")).to_contain_text("on peruttu")
    expect(page.get_by_role("listitem").filter(has_text="peruttu")).to_have_count(1)  # where its time is
    assert_accessible(page)


def test_a_client_solves_the_conflicts_of_a_series(
    practice: Practice, ordered: tuple[Json, Json], log_in: LogIn
) -> None:
    client, process = ordered
    page = log_in(client["contact"]["email"])
    page.goto(f"{practice.booking.base_url}/oma/prosessit/{process['id']}/varaa")
    choose_day(page)
    page.get_by_role("radio", name="10.00").check()
    first = datetime.fromisoformat(page.locator("input[name=starts_at]:checked").input_value())
    second = same_wall_clock(first, 14).isoformat()
    practice.post("/api/v1/sessions", {"process_id": process["id"], "starts_at": second, "mode": "onsite"})
    page.get_by_label("Toistuu").select_option("2")
    page.get_by_label("Kuinka monta tapaamista").fill("4")
    page.get_by_role("button", name="Varaa").click()

    expect(page.get_by_role("alert")).to_contain_text("ei voi varata")
    assert_accessible(page)
    for clash in page.locator("fieldset.clash").all():  # a holiday may be another
        clash.get_by_role("radio").first.check()
    page.get_by_role("button", name="Varaa koko sarja").click()
    expect(page.get_by_role("status")).to_contain_text("Ajat on varattu")
    expect(page.get_by_role("link", name="Siirrä tai peru")).to_have_count(5)


def test_a_client_says_who_takes_part(ordered: tuple[Json, Json], log_in: LogIn) -> None:
    client, process = ordered
    page = log_in(client["contact"]["email"])
    page.get_by_role("link", name=process["title"], exact=True).click()
    page.get_by_role("link", name="Muuta osallistujia").click()
    assert_accessible(page)

    page.get_by_label("Etunimi").fill("Saara")
    page.get_by_label("Sähköpostiosoite").fill("ei osoite")
    page.get_by_role("button", name="Ehdota osallistujaa").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Etunimi")).to_have_value("Saara")
    assert_accessible(page)
    page.get_by_role("alert").get_by_role("link", name="Sukunimi").click()
    expect(page.get_by_label("Sukunimi")).to_be_focused()
    page.keyboard.type("Salo")
    page.get_by_label("Sähköpostiosoite").fill(f"saara.{client['id'][-6:]}@kunta.example")
    page.get_by_role("button", name="Ehdota osallistujaa").click()
    expect(page.get_by_role("status")).to_contain_text("Ehdotus on lähetetty työnohjaajalle.")
    expect(page.get_by_role("button", name="Saara Salo")).to_be_visible()
    assert_accessible(page)

    person = process["participants"][0]
    page.get_by_role("link", name=f"{person['first_name']} {person['last_name']}").click()
    assert_accessible(page)
    page.get_by_label("Työpaikka").fill("Kotihoito")
    page.get_by_role("button", name="Tallenna").click()
    expect(page.get_by_role("status")).to_contain_text("Tiedot on tallennettu")


def test_a_client_books_without_scripts_on_the_narrowest_phone(
    practice: Practice, chromium: Browser, ordered: tuple[Json, Json], enter: Callable[[Page, str], None]
) -> None:
    client, process = ordered
    with chromium.new_context(viewport=NARROWEST, locale="fi-FI", java_script_enabled=False) as context:
        page = context.new_page()
        enter(page, client["contact"]["email"])
        page.goto(f"{practice.booking.base_url}/oma/prosessit/{process['id']}/varaa")
        choose_day(page)
        page.get_by_role("radio", name="10.00").check()
        page.get_by_role("button", name="Varaa").click()
        expect(page.get_by_role("status")).to_contain_text("Aika on varattu")
