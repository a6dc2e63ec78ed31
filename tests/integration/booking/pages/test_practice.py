"""The practice's own face: who may change it, what is refused, and what everybody then sees."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.integration.conftest import Browser, Face, created
from tests.support.diary import Json, keep_hours

Make = Callable[..., Json]
AtDesk = Callable[[Json], Browser]

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4"/></svg>'
WORDS = {"name": "Työnohjaus Havu", "accent": "#7a3b69", "introduction": "Tilaa.", "offer": "Yksilö: 120 €"}
ANY = {"If-Match": "*"}
NAME_PAGE, OWN_PAGE = "/yllapito/toiminimi", "/tyo/asetukset/esittely"


def photo(side: int = 300) -> bytes:
    out = BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, "JPEG")
    return out.getvalue()


def version(page: str) -> str:
    found = re.search(r'name="versio" value="&#34;([^"]+)&#34;"', page)
    assert found
    return f'"{found[1]}"'


# -- the practice -----------------------------------------------------------------------------------------


def test_what_the_admin_writes_is_on_every_page_at_once(as_admin: Browser, browser: Browser) -> None:
    form = as_admin.get(NAME_PAGE)
    more = {"privacy_additions": "Kirjanpitäjä <b>näkee</b> laskut.", "versio": version(form.text)}
    saved = as_admin.post(NAME_PAGE, data=WORDS | more)
    assert saved.status_code == 303, saved.text

    front, privacy = browser.get("/").text, browser.get("/tietosuoja").text
    assert "Työnohjaus Havu</span>" in front
    assert "/accent/7a3b69.css" in front
    assert "<dt>Yksilö</dt><dd>120 €</dd>" in front
    assert "Kirjanpitäjä &lt;b&gt;näkee&lt;/b&gt; laskut." in privacy
    assert "Rekisterinpitäjä on Työnohjaus Havu." in privacy
    assert "--accent: #7a3b69" in browser.get("/accent/7a3b69.css").text


def test_what_a_program_writes_is_on_every_page_at_once(booking: Face, browser: Browser) -> None:
    browser.get("/")

    for name in ("Työnohjaus Kataja", "Työnohjaus Mänty"):
        assert booking.admin.put("/api/v1/practice", json={"name": name}, headers=ANY).status_code == 200
        assert name in browser.get("/").text


def test_a_colour_nobody_could_read_is_refused_beside_its_field(as_admin: Browser) -> None:
    form = as_admin.get(NAME_PAGE)
    refused = as_admin.post(NAME_PAGE, data=WORDS | {"accent": "#ffcc00", "versio": version(form.text)})

    assert refused.status_code == 422
    assert re.search(r"Lähin sävy, joka erottuu, on #[0-9a-f]{6}", refused.text)
    assert as_admin.get("/accent/ffcc00.css").status_code == 404


def test_a_logo_that_runs_something_is_refused_and_one_that_does_not_is_shown(
    as_admin: Browser, browser: Browser
) -> None:
    hostile = LOGO.replace(b"<circle", b"<script>alert(1)</script><circle")
    refused = as_admin.post(f"{NAME_PAGE}/logo", files={"tiedosto": ("logo.png", hostile)})
    assert refused.status_code == 422
    assert "muutakin kuin piirros (script)" in refused.text

    assert as_admin.post(f"{NAME_PAGE}/logo", files={"tiedosto": ("logo.svg", LOGO)}).status_code == 303
    shown = re.search(r'<img src="(/kuvat/[0-9a-f]{16}\.svg)" alt="">', browser.get("/").text)
    assert shown
    logo = browser.get(shown[1])
    assert logo.headers["Content-Type"] == "image/svg+xml"
    assert logo.headers["Content-Security-Policy"].endswith("sandbox")
    assert "immutable" in logo.headers["Cache-Control"]

    as_admin.post(f"{NAME_PAGE}/logo/poista")
    assert browser.get(shown[1]).status_code == 404
    assert "<img" not in browser.get("/").text


def test_a_picture_may_be_larger_than_a_form_and_nothing_else_may(as_admin: Browser, booking: Face) -> None:
    large = b"x" * 2_000_000
    assert as_admin.post(f"{NAME_PAGE}/logo", files={"tiedosto": ("logo", large)}).status_code == 422
    assert as_admin.post(NAME_PAGE, data={"name": "x" * 2_000_000}).status_code == 413
    assert booking.admin.put("/api/v1/practice/logo", content=b"x" * 9_000_000).status_code == 413


def test_nobody_but_the_admin_changes_the_practice(
    booking: Face, a_supervisor: Make, at_desk: AtDesk, browser: Browser
) -> None:
    supervisor = a_supervisor()
    desk = at_desk(supervisor)
    for answer in (desk.get(NAME_PAGE), desk.post(NAME_PAGE, data=WORDS), desk.post(f"{NAME_PAGE}/logo/poista")):
        assert answer.status_code == 404
    issued = created(booking.admin.post(f"/api/v1/supervisors/{supervisor['id']}/credentials"))
    own = booking.as_(issued["client_id"], issued["client_secret"])
    assert own.put("/api/v1/practice", json=WORDS, headers=ANY).status_code == 403
    assert own.put("/api/v1/practice/logo", content=LOGO).status_code == 403
    assert "Työnohjaus Havu" not in browser.get("/").text


# -- the supervisors' own pages ---------------------------------------------------------------------------


def test_a_page_shows_what_was_published_and_nothing_else(booking: Face, a_supervisor: Make, browser: Browser) -> None:
    supervisor = a_supervisor(name="Åke Öhman", title="työnohjaaja", phone="040 123 4567", signature="Oy Ab")
    keep_hours(booking.admin, supervisor["id"])
    page = browser.get("/t/ake-ohman")

    assert page.status_code == 200
    assert page.headers["X-Robots-Tag"] == "all"
    assert "Åke Öhman" in page.text
    assert f"/varaa/{supervisor['id']}/tiedot?aika=" in page.text
    assert '<meta property="og:image" content="https://booking.test/kortti/1f5d55.png">' in page.text
    for private in (supervisor["email"], "123 4567", "Oy Ab"):
        assert private not in page.text
    assert "set-cookie" not in page.headers


def test_an_address_of_before_leads_on_and_is_nobody_elses(
    a_supervisor: Make, at_desk: AtDesk, browser: Browser
) -> None:
    maija, other = a_supervisor(), a_supervisor()
    desk = at_desk(maija)
    seen = version(desk.get(OWN_PAGE).text)
    saved = desk.post(OWN_PAGE, data={"slug": "Maija", "introduction": "Hei & <tervetuloa>", "versio": seen})
    assert saved.status_code == 303, saved.text

    assert "Hei &amp; &lt;tervetuloa&gt;" in browser.get("/t/maija").text
    moved = browser.get("/t/maija-meikalainen")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/t/maija")
    assert browser.get("/t/maija-meikalainen-2").status_code == 200
    elsewhere = at_desk(other)
    taken = {"slug": "maija-meikalainen", "versio": version(elsewhere.get(OWN_PAGE).text)}
    refused = elsewhere.post(OWN_PAGE, data=taken)
    assert (refused.status_code, "jo toisen" in refused.text) == (422, True)


def test_a_photo_is_shown_until_its_owner_takes_it_away(a_supervisor: Make, at_desk: AtDesk, browser: Browser) -> None:
    desk = at_desk(a_supervisor())
    assert desk.post(f"{OWN_PAGE}/kuva", files={"tiedosto": ("a.svg", LOGO)}).status_code == 422
    assert desk.post(f"{OWN_PAGE}/kuva", files={"tiedosto": ("a.jpg", photo())}).status_code == 303
    shown = re.search(r'src="(/kuvat/[0-9a-f]{16}\.jpg)"', browser.get("/t/maija-meikalainen").text)
    assert shown
    assert browser.get(shown[1]).headers["Content-Type"] == "image/jpeg"

    desk.post(f"{OWN_PAGE}/kuva/poista")
    assert browser.get(shown[1]).status_code == 404


def test_who_is_deactivated_has_no_page_and_is_not_listed(
    booking_api: TestClient, a_supervisor: Make, at_desk: AtDesk, browser: Browser
) -> None:
    gone, stays = a_supervisor(name="Väinö Mäkelä"), a_supervisor(name="Maija Meikäläinen")
    at_desk(gone).post(f"{OWN_PAGE}/kuva", files={"tiedosto": ("a.jpg", photo())})
    picture = re.search(r'src="(/kuvat/[^"]+)"', browser.get("/t/vaino-makela").text)
    booking_api.post(f"/api/v1/supervisors/{gone['id']}/deactivate")

    assert picture
    assert [browser.get(path).status_code for path in ("/t/vaino-makela", picture[1])] == [404, 404]
    listed = re.findall("<loc>(.*?)</loc>", browser.get("/sitemap.xml").text)
    paths = ("/", "/varaa", "/tietosuoja", "/t/maija-meikalainen")
    assert listed == [f"https://booking.test{path}" for path in paths]
    assert stays["id"]
    robots = browser.get("/robots.txt").text
    assert "Disallow: /\n" in robots
    assert "Sitemap: https://booking.test/sitemap.xml" in robots


@pytest.mark.parametrize("slug", ["", "a", "Ä", "-a-", "a--b", "a b", "upota", "a/b", "<script>", "x" * 61])
def test_an_address_that_is_none_is_refused_beside_its_field(a_supervisor: Make, at_desk: AtDesk, slug: str) -> None:
    desk = at_desk(a_supervisor())
    refused = desk.post(OWN_PAGE, data={"slug": slug, "versio": version(desk.get(OWN_PAGE).text)})

    assert refused.status_code == 422
    assert 'id="slug-wrong"' in refused.text
