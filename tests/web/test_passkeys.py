"""Passkeys in Chromium, with a virtual authenticator, at an address with a name: browsers know none at 127.0.0.1."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from services.core.clock import DEMO_CLOCK_FILE
from tests.databases import DatabaseServer
from tests.integration.conftest import ADMIN_EMAIL, Face, created, login_links
from tests.web.conftest import PHONE, assert_accessible
from tests.web.serving import booking_alone

pytestmark = pytest.mark.browser

EMAIL = "maija@example.fi"


@pytest.fixture(scope="module")
def booking(postgres_server: DatabaseServer) -> Iterator[Face]:
    """Booking alone, served on localhost: its pages need nothing else to log in."""
    with booking_alone(postgres_server, login_rate="1000/hour", login_letter_rate="1000/hour") as face:
        created(face.admin.post("/api/v1/supervisors", json={"name": "Maija Meikäläinen", "email": EMAIL}))
        yield face


class Device:
    """Chromium's virtual authenticator: a phone whose owner puts a finger on it, or does not."""

    def __init__(self, page: Page) -> None:
        self._devtools: CDPSession = page.context.new_cdp_session(page)
        self._devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self._id = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def is_held_by_its_owner(self, is_it: bool) -> None:
        self._devtools.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": is_it})


@pytest.fixture
def device(page: Page) -> Device:
    return Device(page)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[timedelta], None]:
    file = tmp_path / "offset"
    monkeypatch.setenv(DEMO_CLOCK_FILE, str(file))

    def move(offset: timedelta) -> None:
        file.write_text(str(int(offset.total_seconds())))

    return move


def open_letter(booking: Face, page: Page, email: str) -> None:
    page.goto(f"{booking.settings.public_url}/kirjaudu")
    page.get_by_label("Sähköpostiosoite").fill(email)
    page.get_by_role("button", name="Lähetä linkki").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Katso sähköpostisi")
    page.goto(f"{booking.settings.public_url}/kirjaudu/{login_links(booking)[-1]}")


def by_letter(booking: Face, page: Page, email: str) -> None:
    open_letter(booking, page, email)
    page.locator("main").get_by_role("button").click()


def open_account(page: Page) -> None:
    page.get_by_role("link", name="Kirjautuminen ja laitteet").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kirjautuminen ja laitteet")


def add_passkey(page: Page, name: str) -> None:
    open_account(page)
    page.get_by_role("link", name="Lisää pääsyavain").click()
    page.get_by_label("Pääsyavaimen nimi").fill(name)
    page.get_by_role("button", name="Lisää pääsyavain").click()


def leave(context: BrowserContext) -> None:
    """As after half a day: logging out leads through the other services, and here are none."""
    context.clear_cookies()


def test_a_supervisor_adds_a_passkey_and_comes_in_by_it_until_it_is_removed(
    booking: Face, context: BrowserContext, page: Page, device: Device
) -> None:
    open_letter(booking, page, EMAIL)
    expect(page.get_by_label("Muista tämä laite 30 päivää")).not_to_be_checked()
    assert_accessible(page)
    page.locator("main").get_by_role("button").click()
    open_account(page)
    assert_accessible(page)
    page.get_by_role("link", name="Lisää pääsyavain").click()
    expect(page.get_by_label("Pääsyavaimen nimi")).to_have_value("Chrome, Linux")
    expect(page.get_by_text("Tämä selain ei tunne pääsyavaimia")).to_be_hidden()
    assert_accessible(page)
    page.get_by_label("Pääsyavaimen nimi").fill("Työpuhelin")
    page.get_by_role("button", name="Lisää pääsyavain").click()
    expect(page.get_by_role("status")).to_contain_text("Pääsyavain on lisätty.")
    expect(page.get_by_role("main")).to_contain_text("Työpuhelin")
    assert_accessible(page)

    page.get_by_role("link", name="Lisää pääsyavain").click()
    page.get_by_role("button", name="Lisää pääsyavain").click()
    expect(page.get_by_role("status")).to_have_text("Tällä laitteella on jo pääsyavaimesi.")

    leave(context)
    page.goto(f"{booking.settings.public_url}/kirjaudu")
    assert_accessible(page)
    device.is_held_by_its_owner(False)
    page.get_by_role("button", name="Kirjaudu pääsyavaimella").click()
    expect(page.get_by_role("status")).to_contain_text("Pääsyavainta ei käytetty.")
    device.is_held_by_its_owner(True)
    page.get_by_label("Muista tämä laite 30 päivää").check()
    page.get_by_role("button", name="Kirjaudu pääsyavaimella").click()
    expect(page).to_have_url(f"{booking.settings.public_url}/tyo")

    open_account(page)
    expect(page.get_by_role("main")).to_contain_text("käytetty viimeksi")
    page.get_by_role("link", name="Nimeä uudelleen tai poista pääsyavain Työpuhelin").click()
    assert_accessible(page)
    page.get_by_role("button", name="Poista pääsyavain").click()
    expect(page.get_by_role("status")).to_contain_text("Pääsyavain on poistettu.")
    leave(context)
    page.goto(f"{booking.settings.public_url}/kirjaudu")
    page.get_by_role("button", name="Kirjaudu pääsyavaimella").click()
    expect(page.get_by_role("alert")).to_contain_text("Pääsyavain ei kelvannut.")
    assert_accessible(page)


def test_the_admin_proves_who_they_are_by_passkey_or_letter_and_is_led_back(
    booking: Face, page: Page, device: Device, later: Callable[[timedelta], None]
) -> None:
    by_letter(booking, page, ADMIN_EMAIL)
    add_passkey(page, "Avainlenkki")
    expect(page.get_by_role("status")).to_contain_text("Pääsyavain on lisätty.")
    page.get_by_role("link", name="Työnohjaajat").click()
    page.get_by_role("link", name="Maija Meikäläinen").click()
    later(timedelta(minutes=11))
    page.get_by_role("link", name="Poista käytöstä").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Vahvista, että olet sinä")
    assert_accessible(page)
    page.get_by_role("button", name="Vahvista pääsyavaimella").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Poista työnohjaaja käytöstä")

    later(timedelta(minutes=22))
    page.get_by_role("button", name="Poista käytöstä").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vahvista, että olet sinä")
    assert_accessible(page)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Vahvista uudessa välilehdessä").click()
    tab = opened.value
    tab.get_by_role("button", name="Lähetä linkki sähköpostiini").click()
    expect(tab.get_by_role("status").first).to_contain_text("Kirje on matkalla.")
    assert_accessible(tab)
    tab.goto(f"{booking.settings.public_url}/kirjaudu/{login_links(booking)[-1]}")
    tab.locator("main").get_by_role("button").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Kiitos, vahvistus onnistui")
    assert_accessible(tab)
    page.get_by_role("button", name="Olen vahvistanut, lähetä lomake").click()
    expect(page.get_by_role("status")).to_contain_text("Työnohjaaja on poistettu käytöstä.")


@pytest.mark.parametrize("lacks", ["scripts", "passkeys"])
def test_where_the_browser_has_none_the_letter_is_the_way(booking: Face, chromium: Chromium, lacks: str) -> None:
    with chromium.new_context(viewport=PHONE, java_script_enabled=lacks != "scripts", locale="fi-FI") as plain:
        plain.add_init_script("delete window.PublicKeyCredential")
        page = plain.new_page()
        by_letter(booking, page, ADMIN_EMAIL)
        expect(page.get_by_role("heading", level=1)).to_have_text("Järjestelmän tila")
        page.goto(f"{booking.settings.public_url}/kirjautuminen/avaimet/uusi")
        expect(page.get_by_text("Tämä selain ei tunne pääsyavaimia")).to_be_visible()
        expect(page.get_by_role("button", name="Lisää pääsyavain")).to_be_hidden()
        plain.clear_cookies()
        page.goto(f"{booking.settings.public_url}/kirjaudu")
        expect(page.get_by_role("button", name="Kirjaudu pääsyavaimella")).to_be_hidden()
        expect(page.get_by_role("button", name="Lähetä linkki")).to_be_visible()
