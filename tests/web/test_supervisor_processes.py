"""A supervisor opens a process, writes its goals, asks for an evaluation and ends it, in a real browser."""

import re
import secrets
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.practice import Json, Practice
from tests.web.conftest import NARROWEST, assert_accessible

pytestmark = pytest.mark.browser

LogIn = Callable[[str], Page]

LEVELS = ("Palautetta ei anneta", "Palautetta annetaan joskus", "Palautetta annetaan viikoittain toukokuussa",
          "Palautetta annetaan päivittäin", "Palaute on osa jokaista työpäivää")  # fmt: skip


@pytest.fixture
def supervisor(practice: Practice) -> Json:
    """One of their own, so that no other story comes in between."""
    number = secrets.token_hex(3)
    wanted = {"name": "Sirpa Väisänen", "email": f"sirpa.{number}@example.fi", "location": "Esimerkkikatu 1, Helsinki"}
    return practice.post("/api/v1/supervisors", wanted)


@pytest.fixture
def process(practice: Practice, supervisor: Json) -> Json:
    contact = {"first_name": "Tiina", "last_name": "Tilaaja", "email": f"tiina.{secrets.token_hex(3)}@example.fi"}
    client = {"kind": "organisation", "name": "Esimerkkikunta", "contact": contact, "payer_type": "business"}
    people = [
        {"first_name": name, "last_name": "Öhman", "email": f"{secrets.token_hex(4)}@example.fi"}
        for name in ("Aino", "Berit", "Celia")
    ]
    wanted = {
        "client_id": practice.post("/api/v1/clients", client)["id"], "supervisor_id": supervisor["id"],
        "form": "group", "title": "Esihenkilöiden ryhmätyönohjaus", "planned_sessions": 10, "session_minutes": 120,
        "participants": people, "session_feedback": True,
    }  # fmt: skip
    return practice.post("/api/v1/processes", wanted)


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).last.click()


def told(page: Page, words: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(words)
    assert_accessible(page)


def test_from_the_first_client_to_the_end_of_a_process(supervisor: Json, log_in: LogIn) -> None:
    page = log_in(supervisor["email"])
    page.get_by_role("navigation", name="Sivut").get_by_role("link", name="Prosessit").click()
    expect(page.locator("main")).to_contain_text("Avaa prosessi, kun työnohjauksesta on sovittu")
    assert_accessible(page)

    page.get_by_role("link", name="Avaa prosessi").click()
    page.get_by_label(re.compile("^Työparin työnohjaus")).check()
    assert_accessible(page)
    press(page, "Jatka")
    assert_accessible(page)
    press(page, "Avaa prosessi")
    expect(page.get_by_role("alert")).to_be_focused()
    assert_accessible(page)
    page.get_by_role("alert").get_by_role("link", name="Tilaajan nimi").click()
    expect(page.get_by_label("Tilaajan nimi")).to_be_focused()

    page.get_by_label("Nimi", exact=True).fill("Työparin työnohjaus")
    page.get_by_label("Tilaajan nimi").fill("Esimerkkikunta")
    for label, words in (("Yhteyshenkilön etunimi", "Tiina"), ("Yhteyshenkilön sukunimi", "Tilaaja")):
        page.get_by_label(label).fill(words)
    page.get_by_label("Yhteyshenkilön sähköposti").fill("tiina@example.fi")
    for number, name in enumerate(("Aino", "Berit")):
        row = page.get_by_role("group", name=f"Osallistuja {number + 1}")
        row.get_by_label("Etunimi").fill(name)
        row.get_by_label("Sukunimi").fill("Öhman")
        row.get_by_label("Sähköposti").fill(f"{name.lower()}@example.fi")
    page.get_by_text("Valitse hyödyt").click()
    page.get_by_label(re.compile("^Työn sujuvuus")).check()
    press(page, "Avaa prosessi")
    told(page, "Prosessi on avattu.")
    expect(page.get_by_role("list", name="Prosessin vaiheet").locator("[aria-current]")).to_have_text("Tavoitteet")

    page.get_by_role("link", name="Tilaajat").click()
    page.get_by_role("link", name="Esimerkkikunta").click()
    assert_accessible(page)
    page.get_by_role("link", name="Työparin työnohjaus").click()
    page.get_by_role("link", name="Päätä prosessi").click()
    assert_accessible(page)
    press(page, "Päätä prosessi")
    told(page, "Prosessi on päätetty.")


def test_five_people_from_a_spreadsheet_take_three_presses(
    supervisor: Json, process: Json, practice: Practice, log_in: LogIn
) -> None:
    """Of buttons, on the form itself; none of their fields is touched."""
    page = log_in(supervisor["email"])
    page.goto(f"{practice.booking.base_url}/tyo/prosessit/uusi?tilaaja={process['client_id']}")
    page.get_by_label(re.compile("^Ryhmätyönohjaus")).check()
    press(page, "Jatka")
    lines = [f"Osallistuja{number} Kokelas\tkokelas{number}@kunta.example\tKunta" for number in range(5)]
    page.get_by_label(re.compile("^Nimi, sähköposti ja työnantaja")).fill("\n".join(lines))
    press(page, "Avaa prosessi")
    expect(page.get_by_role("status")).to_contain_text("Tarkista ne ja avaa prosessi.")
    expect(page.get_by_label("Sähköposti", exact=True)).to_have_count(5)
    assert_accessible(page)
    press(page, "Avaa prosessi")
    told(page, "Prosessi on avattu.")


def test_goals_are_written_with_quiet_advice(
    process: Json, supervisor: Json, practice: Practice, log_in: LogIn
) -> None:
    page = log_in(supervisor["email"])
    page.goto(f"{practice.booking.base_url}/tyo/prosessit/{process['id']}")
    page.get_by_role("link", name="Kirjaa tavoitteet").click()
    assert_accessible(page)
    press(page, "Tallenna tavoitteet")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Mitä tavoitellaan").fill("Palaute ja roolit")
    for level, words in zip(("−2", "−1", "0", "+1", "+2"), LEVELS, strict=True):
        page.get_by_label(re.compile(rf"^{re.escape(level)},")).fill(words)
    press(page, "Näytä vinkit")
    expect(page.locator("main")).to_contain_text("Tavoitteessa näyttää olevan useampi asia.")
    assert_accessible(page)
    press(page, "Lisää tavoite")
    expect(page.get_by_label("Mitä tavoitellaan")).to_have_count(2)
    page.get_by_label("Mitä tavoitellaan").first.press("Enter")
    told(page, "Tavoitteet on tallennettu.")
    expect(page.get_by_label("Mitä tavoitellaan")).to_have_count(1)

    page.get_by_role("link", name="Takaisin prosessiin").click()
    page.get_by_role("link", name="Alkuarviointi", exact=True).click()
    assert_accessible(page)
    page.get_by_role("link", name="Päätä arviointi").click()
    assert_accessible(page)
    press(page, "Päätä arviointi")
    told(page, "Arviointi on päätetty.")


def test_a_group_agrees_on_levels(process: Json, supervisor: Json, practice: Practice, log_in: LogIn) -> None:
    levels = dict(zip(("-2", "-1", "0", "1", "2"), LEVELS, strict=True))
    practice.put(f"/api/v1/processes/{process['id']}/goals", [{"title": "Palaute", "levels": levels}])
    page = log_in(supervisor["email"])
    page.goto(f"{practice.booking.base_url}/tyo/prosessit/{process['id']}")
    page.get_by_role("link", name="Avaa arviointi").click()
    assert_accessible(page)
    press(page, "Avaa arviointi")
    told(page, "Arviointi on avattu.")
    page.get_by_label(re.compile(LEVELS[3])).check()
    press(page, "Tallenna sovitut tasot")
    told(page, "Yhdessä sovitut tasot on tallennettu.")
    expect(page.get_by_label(re.compile(LEVELS[3]))).to_be_checked()


def test_people_are_changed_in_two_tabs_and_forgotten(
    process: Json, supervisor: Json, practice: Practice, log_in: LogIn
) -> None:
    page = log_in(supervisor["email"])
    page.goto(f"{practice.booking.base_url}/tyo/prosessit/{process['id']}")
    page.get_by_role("link", name="Aino Öhman").click()
    assert_accessible(page)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("Etunimi").fill("Anna")
    press(other, "Tallenna")
    page.get_by_label("Sukunimi").fill("Virta")
    press(page, "Tallenna")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Etunimi: Anna")
    expect(page.get_by_label("Sukunimi")).to_have_value("Virta")
    assert_accessible(page)
    page.get_by_label("Etunimi").fill("Anna")
    press(page, "Tallenna")
    told(page, "Osallistujan tiedot on tallennettu.")

    page.get_by_role("link", name="Anna Virta").click()
    with page.expect_download() as handed_out:
        page.get_by_role("link", name="Lataa osallistujasta tallennetut tiedot").click()
    assert process["code"] in handed_out.value.suggested_filename
    page.get_by_role("link", name="Poista osallistujan tiedot pysyvästi").click()
    assert_accessible(page)
    press(page, "Poista tiedot pysyvästi")
    expect(page.get_by_role("alert")).to_be_focused()
    assert_accessible(page)
    page.get_by_label("Haluan poistaa tiedot pysyvästi").check()
    press(page, "Poista tiedot pysyvästi")
    told(page, "Osallistujan tiedot on poistettu.")
    expect(page.get_by_text("Anna Virta")).to_have_count(0)


QUIET_PAGES = ("", "/muuta", "/paata", "/osallistujat/uusi", "/tavoitteet", "/arvioinnit/uusi", "/palautteet")


def test_every_page_is_accessible_also_where_it_is_narrowest(
    process: Json, supervisor: Json, practice: Practice, log_in: LogIn
) -> None:
    page, base = log_in(supervisor["email"]), str(practice.booking.base_url)
    person = f"/osallistujat/{process['participants'][0]['id']}"
    own = [f"/tyo/prosessit/{process['id']}{path}" for path in (*QUIET_PAGES, f"{person}/poista", f"{person}/unohda")]
    others = ["/tyo/prosessit", "/tyo/prosessit?tila=paattyneet", "/tyo/prosessit?haku=ei+ole", "/tyo/prosessit/uusi",
              "/tyo/prosessit/uusi?muoto=group", "/tyo/tilaajat", "/tyo/tilaajat/uusi", "/tyo/kartoitukset",
              f"/tyo/tilaajat/{process['client_id']}", f"/tyo/tilaajat/{process['client_id']}/muuta"]  # fmt: skip
    page.set_viewport_size({"width": NARROWEST["width"], "height": NARROWEST["height"]})
    page.emulate_media(color_scheme="dark")
    for path in (*own, *others):
        shown = page.goto(base + path)
        assert shown, path
        assert shown.ok, path
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert_accessible(page)


@pytest.fixture
def without_script(chromium: Browser, page: Page) -> Iterator[Callable[[], Page]]:
    """The same person in a browser that runs no scripts."""
    contexts = []

    def opened() -> Page:
        state = page.context.storage_state()
        contexts.append(chromium.new_context(java_script_enabled=False, locale="fi-FI", storage_state=state))
        return contexts[-1].new_page()

    yield opened
    for context in contexts:
        context.close()


def test_everything_works_without_a_script(
    process: Json, supervisor: Json, practice: Practice, log_in: LogIn, without_script: Callable[[], Page]
) -> None:
    log_in(supervisor["email"])
    page = without_script()
    page.goto(f"{practice.booking.base_url}/tyo/prosessit/uusi?muoto=team&tilaaja={process['client_id']}")
    page.get_by_label("Nimi", exact=True).fill("Tiimi")
    for _ in range(2):
        rows = page.get_by_role("group", name=re.compile("^Osallistuja"))
        count = rows.count()
        for number in range(count):
            row = rows.nth(number)
            row.get_by_label("Etunimi").fill(f"Jäsen {number + 1}")
            row.get_by_label("Sukunimi").fill("Öhman")
            row.get_by_label("Sähköposti").fill(f"jasen{number + 1}@example.fi")
        press(page, "Lisää osallistuja")
        expect(rows).to_have_count(count + 1)
    page.get_by_role("button", name="Poista rivi 1", exact=True).click()
    press(page, "Avaa prosessi")
    expect(page.get_by_role("status")).to_have_text("Prosessi on avattu.")
    for number in (2, 3, 4):
        expect(page.get_by_role("link", name=f"Jäsen {number} Öhman")).to_be_visible()

    page.get_by_role("link", name="Kirjaa tavoitteet").click()
    page.get_by_label("Mitä tavoitellaan").fill("Palaute")
    for level, words in zip(("−2", "−1", "0", "+1", "+2"), LEVELS, strict=True):
        page.get_by_label(re.compile(rf"^{re.escape(level)},")).fill(words)
    press(page, "Tallenna tavoitteet")
    expect(page.get_by_role("status")).to_contain_text("Tavoitteet on tallennettu.")
