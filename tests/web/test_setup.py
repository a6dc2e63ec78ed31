"""Somebody who has never seen the manual sets an empty installation up, on a phone and on a desk."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from services.core.secrets import fresh_keys
from services.web.security.links import secret
from tests.databases import DatabaseServer
from tests.integration.conftest import Face
from tests.support.evaluation import told
from tests.web.conftest import DESK, PHONE, assert_accessible
from tests.web.serving import booking_alone

pytestmark = pytest.mark.browser


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def window(request: pytest.FixtureRequest) -> ViewportSize:
    size: ViewportSize = request.param
    return size


@pytest.fixture
def empty(postgres_server: DatabaseServer) -> Iterator[Face]:
    """Booking alone, in which nobody works yet."""
    secret = fresh_keys()["SETUP_SECRET"]
    with booking_alone(postgres_server, mail_from="Työnohjaus <ajat@tyonohjaus.example>", setup_secret=secret) as face:
        yield face


def see(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert_accessible(page)


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name).click()


def test_the_walk_leads_from_an_empty_installation_to_the_first_client(
    empty: Face, page: Page, context: BrowserContext
) -> None:
    page.goto(f"{empty.settings.public_url}/")
    page.get_by_role("link", name="Aloita käyttöönotto").click()
    see(page, "Palvelua ei ole vielä otettu käyttöön")
    page.get_by_label("Käyttöönoton salaisuus").fill("arvaus")
    press(page, "Aloita käyttöönotto")
    expect(page.get_by_role("alert")).to_contain_text("Tämä ei ole käyttöönoton salaisuus.")
    page.get_by_label("Käyttöönoton salaisuus").fill(empty.settings.setup_secret)
    press(page, "Aloita käyttöönotto")

    see(page, "Otetaan palvelu käyttöön")
    page.get_by_role("link", name="Aloita").click()
    see(page, "Mikä on toimintasi nimi?")
    page.get_by_label("Toiminimi").fill("Oman Työn Paja")
    press(page, "Tallenna ja jatka")

    see(page, "Kuka ohjaa?")
    press(page, "Tallenna ja jatka")
    expect(page.get_by_role("alert")).to_contain_text("2 kohtaa on korjattava")
    page.get_by_label("Nimi", exact=True).fill("Maija Meikäläinen")
    page.get_by_label("Sähköpostiosoite").fill("maija@example.fi")
    press(page, "Tallenna ja jatka")

    see(page, "Milloin voi varata?")
    expect(page.get_by_label("Perjantai")).to_be_checked()
    press(page, "Tallenna ja jatka")

    see(page, "Tulevatko kirjeet perille?")
    page.get_by_label("Kenelle koekirje lähetetään").fill("maija@example.fi")
    press(page, "Lähetä koekirje")
    expect(page.get_by_role("status")).to_contain_text("Koekirje on annettu lähetettäväksi.")
    assert_accessible(page)
    (letter,) = told(empty, "letter.test-requested.v1")
    reading = context.new_page()
    reading.goto(f"{empty.settings.public_url}/koekirje/{secret(empty.settings.link_key, UUID(letter['link']))}")
    see(reading, "Tuliko koekirje perille?")
    press(reading, "Kirje tuli perille")
    see(reading, "Kirje tuli perille")
    page.get_by_role("link", name="Katso, onko painettu").click()
    expect(page.get_by_role("status")).to_have_text("Koekirje tuli perille. Posti kulkee.")
    press(page, "Tarkista tietueet")
    expect(page.get_by_role("status").last).to_contain_text("SPF")
    assert_accessible(page)
    page.get_by_role("link", name="Jatka", exact=True).click()

    see(page, "Kuka on ensimmäinen tilaaja?")
    page.get_by_text("Yksityishenkilö", exact=True).click()
    page.get_by_label("Etunimi").fill("Aino")
    page.get_by_label("Sukunimi").fill("Virtanen")
    page.get_by_label("Sähköpostiosoite").fill("aino@example.fi")
    press(page, "Tallenna ja jatka")

    see(page, "Käyttöönotto on tehty")
    page.locator("main").get_by_role("link", name="Ylläpidon sivulle").click()
    see(page, "Järjestelmän tila")
    expect(page.get_by_role("heading", name="Käyttöönotto")).to_have_count(0)


def test_whoever_closes_the_browser_goes_on_where_they_were(
    empty: Face, page: Page, chromium: Chromium, window: ViewportSize
) -> None:
    begin(empty, page)
    for name in ("Toiminimi", "Työnohjaaja", "Työajat"):
        page.locator("main").get_by_role("link", name=name).first.click()
        press(page, "Ohita tämä vaihe")
    see(page, "Tulevatko kirjeet perille?")

    with chromium.new_context(viewport=window, locale="fi-FI") as other:
        again = other.new_page()
        begin(empty, again)
        expect(again.get_by_text("ohitettu")).to_have_count(3)
        again.get_by_role("link", name="Jatka käyttöönottoa").click()
        see(again, "Tulevatko kirjeet perille?")
        again.goto(f"{empty.settings.public_url}/yllapito")
        assert_accessible(again)
        press(again, "Piilota lista")
        expect(again.get_by_role("status")).to_have_text("Käyttöönoton lista on piilotettu.")


def begin(empty: Face, page: Page) -> None:
    page.goto(f"{empty.settings.public_url}/kayttoonotto")
    page.get_by_label("Käyttöönoton salaisuus").fill(empty.settings.setup_secret)
    press(page, "Aloita käyttöönotto")
