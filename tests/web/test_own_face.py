"""The practice's own face in Chromium: the page that a supervisor links to, its typefaces, and the form behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from tests.databases import DatabaseServer
from tests.integration.conftest import Face, created, login_links
from tests.support.diary import keep_hours
from tests.web.conftest import DESK, PHONE, assert_accessible
from tests.web.serving import booking_alone

pytestmark = pytest.mark.browser

EMAIL = "maija@example.fi"
ACCENT = "#7a3b69"
LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><circle fill="#7a3b69" cx="10" cy="10" r="9"/></svg>'
)


@pytest.fixture(scope="module")
def booking(postgres_server: DatabaseServer) -> Iterator[Face]:
    with booking_alone(postgres_server) as face:
        furnish(face)
        yield face


def furnish(booking: Face) -> None:
    """A practice with a name, a colour, a logo and prices, and a supervisor with a page."""
    admin = booking.admin
    words = {
        "name": "Työnohjaus Havu",
        "accent": ACCENT,
        "introduction": "Tilaa ajatella työtä rauhassa, yhdessä toisen kanssa.",
        "offer": "Yksilötyönohjaus 60 min: 120 €\nRyhmätyönohjaus 120 min: 290 €\nKartoittava keskustelu: maksuton",
        "privacy_additions": "Kirjanpidosta vastaa Tilitoimisto Esimerkki Oy.",
    }
    assert admin.put("/api/v1/practice", json=words, headers={"If-Match": '"1"'}).status_code == 200
    assert admin.put("/api/v1/practice/logo", content=LOGO).status_code == 200
    about = {"name": "Maija Meikäläinen", "email": EMAIL, "title": "Työnohjaaja, STOry", "location": "Esimerkkikatu 1"}
    maija = created(admin.post("/api/v1/supervisors", json=about))
    keep_hours(admin, maija["id"])
    introduction = (
        "Olen ohjannut sosiaali- ja terveysalan ammattilaisia viidentoista vuoden ajan. Minulle tärkeintä on, "
        "että työstä voi puhua niin kuin se on.\n\nTyöskentelen ratkaisukeskeisesti ja rauhassa."
    )
    page = {"introduction": introduction}
    assert admin.put(f"/api/v1/supervisors/{maija['id']}/page", json=page, headers={"If-Match": "*"}).status_code == 200


@pytest.fixture(params=["light", "dark"])
def visitor(request: pytest.FixtureRequest, chromium: Chromium) -> Iterator[Page]:
    with chromium.new_context(color_scheme=request.param, viewport=PHONE) as context:
        yield context.new_page()


def photo(folder: Path) -> Path:
    out = folder / "kuva.jpg"
    Image.effect_noise((900, 600), 40).convert("RGB").save(out, "JPEG")
    return out


def test_a_supervisors_page_is_one_to_link_to(booking: Face, visitor: Page) -> None:
    visitor.goto(f"{booking.settings.public_url}/t/maija-meikalainen")

    assert visitor.title() == "Maija Meikäläinen, Työnohjaaja, STOry – Työnohjaus Havu"
    for window in (PHONE, DESK):
        visitor.set_viewport_size(window)
        assert_accessible(visitor)
    assert visitor.evaluate("document.fonts.check('16px \"Source Serif 4\"')")
    assert visitor.locator(".brand img").evaluate("image => image.complete && image.naturalWidth > 0")
    described = visitor.locator("meta[property='og:image']").get_attribute("content") or ""
    assert visitor.request.get(described).headers["content-type"] == "image/png"
    visitor.locator("a.time").first.click()
    assert "/tiedot?aika=" in visitor.url


def test_a_photo_and_an_address_are_given_on_the_settings_page(
    booking: Face, chromium: Chromium, tmp_path: Path
) -> None:
    with chromium.new_context(viewport=DESK) as context:
        page, home = context.new_page(), booking.settings.public_url
        page.goto(f"{home}/kirjaudu")
        page.get_by_label("Sähköpostiosoite").fill(EMAIL)
        page.locator("form button").first.click()
        page.goto(f"{home}/kirjaudu/{login_links(booking)[-1]}")
        page.locator("form button").first.click()
        page.goto(f"{home}/tyo/asetukset/esittely")
        assert_accessible(page)
        page.get_by_label("Valitse kuva").set_input_files(photo(tmp_path))
        page.get_by_role("button", name="Lähetä").click()
        page.get_by_label("Sivun osoite").fill("maija")
        page.get_by_role("button", name="Tallenna").click()
        page.get_by_role("link", name="Katso sivua").click()

        assert page.url == f"{home}/t/maija"
        assert page.locator(".portrait").evaluate("image => image.naturalWidth") == 640
        page.goto(f"{home}/t/maija-meikalainen")
        assert page.url == f"{home}/t/maija"
