"""A participant with nothing but a link, in a real browser: meetings, the evaluation, their letters and their data."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.practice import Json, Practice, eventually
from tests.web.conftest import NARROWEST, PHONE, assert_accessible, choose_day, confirm_device
from tests.web.making import a_client, a_process, a_supervisor

pytestmark = pytest.mark.browser

HOSTILE = """<script>alert(1)</script>"><img src=x onerror=alert(2)>{{7*7}}"""


@pytest.fixture
def window() -> ViewportSize:
    return PHONE


@pytest.fixture
def process(practice: Practice) -> Json:
    """An individual process with one meeting ahead."""
    return with_meeting(practice, a_process(practice, a_supervisor(practice), a_client(practice)))


def with_meeting(practice: Practice, process: Json) -> Json:
    first = (practice.now() + timedelta(days=10)).date()
    query = {"form": process["form"], "minutes": process["session_minutes"], "from": str(first)}
    slots = practice.booking.get(
        f"/api/v1/supervisors/{process['supervisor_id']}/slots", params={**query, "to": str(first + timedelta(days=14))}
    ).json()["slots"]
    practice.post(
        "/api/v1/sessions", {"process_id": process["id"], "starts_at": slots[0]["starts_at"], "mode": "onsite"}
    )
    return process


def with_evaluation(practice: Practice, process: Json) -> Json:
    levels = {str(level): f"Kuvaus tasosta {level} {HOSTILE}" for level in range(-2, 3)}
    practice.put(f"/api/v1/processes/{process['id']}/goals", [{"title": f"Palaute {HOSTILE}", "levels": levels}])
    due = (practice.now() + timedelta(days=20)).date()
    practice.post(f"/api/v1/processes/{process['id']}/evaluations", {"phase": "mid", "due": str(due)})
    return process


def page_of(practice: Practice, process: Json) -> str:
    """The address in the letter that confirmed the meeting, whatever else came before or after it."""
    address = process["participants"][0]["email"]

    def found() -> re.Match[str] | None:
        texts = [practice.letter(caught)["text"] for caught in practice.letters(address)]
        return re.search(r"https?://\S+/osallistuja/[\w-]+", "\n".join(texts))

    return eventually(found, what="the confirmation")[0]


def test_a_meeting_is_moved_called_off_and_booked_anew(practice: Practice, page: Page, process: Json) -> None:
    page.goto(page_of(practice, process))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hei, Aino")
    assert_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Lisää kalenteriin").click()
    assert download.value.suggested_filename == "tapaaminen.ics"

    page.get_by_role("link", name="Siirrä tai peru").click()
    expect(page.get_by_text("maksutta viimeistään")).to_be_visible()
    assert_accessible(page)
    choose_day(page)
    assert_accessible(page)
    page.get_by_role("radio", name="13.00").check()
    page.get_by_role("button", name="Siirrä tapaaminen").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Tapaaminen on siirretty.")

    page.get_by_role("button", name="Kumoa siirto").click()
    expect(page.get_by_role("status")).to_contain_text("Muutos on kumottu.")
    page.get_by_role("link", name="Siirrä tai peru").click()
    page.get_by_role("link", name="Peru tapaaminen").click()
    expect(page.get_by_text("Peruutus on maksuton")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Peru tapaaminen").click()
    expect(page.get_by_role("status")).to_contain_text("Tapaaminen on peruttu.")
    expect(page.get_by_role("button", name="Kumoa peruutus")).to_be_visible()
    expect(page.get_by_text("Seuraavaa tapaamista ei ole vielä sovittu.")).to_be_visible()
    assert_accessible(page)

    page.get_by_role("link", name="Varaa uusi aika").click()
    assert_accessible(page)
    choose_day(page)
    page.get_by_role("radio", name="9.00").check()
    page.get_by_role("button", name="Varaa aika").click()
    expect(page.get_by_role("status")).to_contain_text("Tapaaminen on varattu.")
    expect(page.get_by_role("link", name="Siirrä tai peru")).to_have_count(1)


def test_the_evaluation_is_saved_on_the_way_and_finished_on_another_device(
    practice: Practice, page: Page, chromium: Browser, process: Json
) -> None:
    with_evaluation(practice, process)
    page.goto(page_of(practice, process))
    page.get_by_role("link", name="Vastaa väliarviointi").click()
    assert_accessible(page)
    page.get_by_role("radio", name="Kuvaus tasosta 1").check()
    expect(page.get_by_role("status")).to_have_text("Tallennettu")
    page.get_by_label("Kommentti").fill("Vielä kesken")
    with page.expect_response(lambda answer: answer.url.endswith("/luonnos")):
        page.get_by_label("Kommentti").press("End")
    assert_accessible(page)

    with chromium.new_context(viewport=NARROWEST, locale="fi-FI") as other_device:
        other = other_device.new_page()
        other.goto(page.url)
        expect(other.get_by_label("Kommentti")).to_have_value("")
        other.get_by_role("link", name="Näytä aiempi vastaus").click()
        confirm_device(practice, other, process["participants"][0]["email"])
        expect(other.get_by_text("Vastauksesi on kesken.")).to_be_visible()
        expect(other.get_by_label("Kommentti")).to_have_value("Vielä kesken")
        expect(other.get_by_role("radio", name="Kuvaus tasosta 1")).to_be_checked()
        assert_accessible(other)
        other.get_by_role("button", name="Lähetä vastaukset").click()
        expect(other.get_by_role("status").first).to_contain_text("Kiitos, vastauksesi on lähetetty.")
        assert_accessible(other)


def test_letters_and_data_are_the_participants_to_decide(practice: Practice, page: Page, process: Json) -> None:
    home, email = page_of(practice, process), process["participants"][0]["email"]
    page.goto(home)
    page.get_by_role("button", name="Lähetä jatkossa myös teksti").click()
    confirm_device(practice, page, email)
    page.get_by_role("button", name="Lähetä jatkossa myös teksti").click()
    expect(page.get_by_role("status")).to_contain_text("Valintasi on tallennettu.")
    expect(page.get_by_role("button", name="Lähetä jatkossa vain linkki")).to_be_visible()
    page.get_by_role("link", name="Valitse muistutukset").click()
    assert_accessible(page)
    page.get_by_label("Muistutus viikkoa ennen tapaamista").uncheck()
    page.get_by_role("button", name="Tallenna").click()
    expect(page.get_by_role("status")).to_contain_text("Valintasi on tallennettu.")
    expect(page.get_by_label("Muistutus viikkoa ennen tapaamista")).not_to_be_checked()

    page.goto(home)
    page.get_by_role("link", name="Avaa omat tiedot").click()
    assert_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Lataa tiedot").click()
    assert download.value.suggested_filename == "tietoni.json"
    page.get_by_role("button", name="Pyydä tietojeni poistamista").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Pyyntösi on lähetetty")
    assert_accessible(page)
    page.get_by_role("button", name="Peru pyyntö").click()
    expect(page.get_by_role("status")).to_contain_text("Poistopyyntö on peruttu.")

    page.get_by_label("Uusi sähköpostiosoite").fill(f"uusi-{email}")
    page.get_by_role("button", name="Vaihda osoite").click()
    expect(page.get_by_role("status")).to_contain_text("Lähetimme uuteen osoitteeseen kirjeen.")
    page.goto(practice.found_in_letters(f"uusi-{email}", r"https?://\S+/osoite/\S+")[0])
    assert_accessible(page)
    page.get_by_role("button", name="Vahvista osoite").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Osoite on vahvistettu")
    assert_accessible(page)
    page.goto(home)
    expect(page.get_by_role("heading", level=1)).to_contain_text("ei ole enää voimassa")


def test_everything_works_without_scripts_on_the_narrowest_phone(
    practice: Practice, chromium: Browser, process: Json
) -> None:
    with_evaluation(practice, process)
    with chromium.new_context(java_script_enabled=False, viewport=NARROWEST, locale="fi-FI") as plain:
        page, home = plain.new_page(), page_of(practice, process)
        page.goto(home)
        page.get_by_role("link", name="Vastaa väliarviointi").click()
        page.get_by_role("radio", name="Kuvaus tasosta 0").check()
        page.get_by_role("button", name="Tallenna ja jatka myöhemmin").click()
        expect(page.get_by_role("status").first).to_contain_text("Tallennettu.")
        page.get_by_role("button", name="Lähetä vastaukset").click()
        expect(page.get_by_role("status").first).to_contain_text("Kiitos, vastauksesi on lähetetty.")

        page.goto(home)
        page.get_by_role("link", name="Siirrä tai peru").click()
        choose_day(page)
        page.get_by_role("radio", name="14.00").check()
        page.get_by_role("button", name="Siirrä tapaaminen").click()
        expect(page.get_by_role("status")).to_contain_text("Tapaaminen on siirretty.")


def test_a_member_of_a_group_cannot_come_and_can_after_all_and_proposes_a_change(
    practice: Practice, page: Page
) -> None:
    process = a_process(practice, a_supervisor(practice), a_client(practice), "group", 2)
    page.goto(page_of(practice, with_meeting(practice, process)))
    assert_accessible(page)
    expect(page.get_by_role("link", name="Varaa uusi aika")).to_have_count(0)

    page.get_by_role("link", name="En pääse tai ehdotan muutosta").click()
    assert_accessible(page)
    page.get_by_role("button", name="En pääse").click()
    expect(page.get_by_role("status")).to_contain_text("Olet ilmoittanut, ettet pääse.")
    page.get_by_role("link", name="Pääsen sittenkin").click()
    assert_accessible(page)
    page.get_by_role("button", name="Pääsen sittenkin").click()

    page.get_by_role("link", name="En pääse tai ehdotan muutosta").click()
    page.get_by_role("link", name="Ehdota peruutusta").click()
    assert_accessible(page)
    page.get_by_role("button", name="Ehdota peruutusta").click()
    expect(page.get_by_role("status")).to_contain_text("Ehdotuksesi odottaa työnohjaajan vastausta.")
    page.get_by_role("link", name="En pääse tai ehdotan muutosta").click()
    assert_accessible(page)
    page.get_by_role("button", name="Peru ehdotus").click()
    expect(page.get_by_role("status")).to_contain_text("Ehdotuksesi on peruttu.")


def test_summaries_of_meetings_behind_are_read_on_the_own_page(practice: Practice, page: Page) -> None:
    """In the story that the demo tells, where weeks have passed."""
    email = next(filter(None, (email_if_read(page, *found) for found in pages_in_letters(practice))))
    assert_accessible(page)

    page.get_by_role("link", name="Lue yhteenveto").first.click()
    confirm_device(practice, page, email)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Yhteenveto tapaamisesta")
    assert_accessible(page)


def email_if_read(page: Page, email: str, address: str) -> str | None:
    """The address of somebody whose own page leads to a summary."""
    page.goto(address)
    return email if page.get_by_role("link", name="Lue yhteenveto").count() else None


def pages_in_letters(practice: Practice) -> Iterator[tuple[str, str]]:
    """The own pages of those to whom the story wrote, each once, with their addresses."""
    addresses = {letter["to"] for letter in practice.letters()}
    for address in sorted(addresses):
        texts = (practice.letter(letter)["text"] for letter in practice.letters(address))
        links = (found[0] for text in texts if (found := re.search(r"https?://\S+/osallistuja/[\w-]+", text)))
        yield from [(address, link) for link in links][:1]
