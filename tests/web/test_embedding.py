"""The booking of a first talk on a supervisor's own website, in a browser that knows it as another site."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import FrameLocator, Page, ViewportSize, expect

from services.quickstart.ports import free_port
from services.web.security.links import secret
from tests.databases import DatabaseServer
from tests.integration.booking.sessions.test_embedding import name_sites
from tests.integration.conftest import Browser, Face, Json, created
from tests.support.evaluation import told
from tests.web.conftest import PHONE, assert_accessible
from tests.web.serving import booking_alone

pytestmark = pytest.mark.browser

Site = Callable[..., str]


@pytest.fixture(scope="module")
def booking(postgres_server: DatabaseServer) -> Iterator[Face]:
    """Booking alone, on localhost."""
    with booking_alone(postgres_server) as face:
        yield face


@pytest.fixture
def supervisor(booking: Face) -> Json:
    wanted = {"name": "Maija Meikäläinen", "email": f"maija.{free_port()}@example.fi", "location": "Esimerkkikatu 1"}
    made = created(booking.admin.post("/api/v1/supervisors", json=wanted))
    hours = [{"weekday": day, "start": "09:00", "end": "16:00"} for day in range(1, 8)]
    booking.admin.put(
        f"/api/v1/supervisors/{made['id']}/availability", json={"weekly": hours, "holidays": None, "horizon_days": 60}
    )
    return made


@contextmanager
def website(html: str) -> Iterator[str]:
    """Somebody else's site: 127.0.0.1 is another one than localhost, whatever the port."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def window() -> ViewportSize:
    return PHONE


@pytest.fixture
def lines(booking: Face, supervisor: Json) -> str:
    """As the settings page gives them."""
    page = Browser(booking).log_in(supervisor["email"], supervisor["id"]).get("/tyo/asetukset/upotus").text
    found = re.search(r"<pre[^>]*><code>(.*?)</code>", page, re.DOTALL)
    assert found
    return unescape(found[1])


def on_a_site(lines: str) -> str:
    return f'<!doctype html><html lang="fi"><title>Maija</title><main><h1>Maija Meikäläinen</h1>{lines}</main></html>'


def name_site(booking: Face, supervisor: Json, site: str) -> None:
    assert name_sites(Browser(booking).log_in(supervisor["email"], supervisor["id"]), site).status_code == 303


def height(page: Page) -> float:
    box = page.locator("iframe").bounding_box()
    return box["height"] if box else 0


def framed(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def test_a_talk_is_booked_on_another_site_to_the_link_in_its_letter(
    booking: Face, supervisor: Json, lines: str, page: Page
) -> None:
    with website(on_a_site(lines)) as site:
        name_site(booking, supervisor, site)
        page.goto(site)
        expect(framed(page).get_by_role("heading", level=1)).to_have_text("Valitse aika kartoittavalle keskustelulle")
        expect(page.get_by_role("link", name="Varaa kartoittava keskustelu")).to_be_hidden()
        before = height(page)
        assert before > 400, "as high as what it holds"
        framed(page).get_by_role("link", name="Seuraava").click()
        framed(page).locator(".month .free").nth(2).click()
        expect(framed(page).locator(".times .time").first).to_be_visible()
        page.wait_for_function("height => document.querySelector('iframe').offsetHeight > height", arg=before)
        framed(page).locator(".times .time").first.click()
        framed(page).get_by_label("Nimi").fill("Åke Öhman")
        framed(page).get_by_label("Sähköpostiosoite").fill("ake@example.fi")
        framed(page).get_by_role("button", name="Varaa aika").click()
        expect(framed(page).get_by_role("heading", level=1)).to_have_text("Vahvista vielä aika")
        page.wait_for_function("height => document.querySelector('iframe').offsetHeight < height", arg=before)
        assert page.context.cookies() == []

    asked = told(booking, "intake.requested.v1")[-1]
    assert asked["email"] == "ake@example.fi"
    page.goto(f"{booking.settings.public_url}/kartoitus/{secret(booking.settings.link_key, UUID(asked['link']))}")
    page.get_by_role("button", name="Vahvista").click()
    expect(page.get_by_role("status").first).to_be_visible()


def test_a_site_that_was_not_named_shows_the_link_alone(
    booking: Face, supervisor: Json, lines: str, chromium: Chromium
) -> None:
    with chromium.new_context(viewport=PHONE) as context, website(on_a_site(lines)) as site:
        name_site(booking, supervisor, "http://127.0.0.1:1")
        page, said = context.new_page(), list[str]()
        page.on("console", lambda message: said.append(message.text))
        with page.expect_event("console", lambda message: "frame-ancestors" in message.text):
            page.goto(site)
        assert height(page) == 0
        page.get_by_role("link", name="Varaa kartoittava keskustelu").click()
        page.wait_for_url(f"{booking.settings.public_url}/t/*")
        expect(page.get_by_role("heading", level=1)).to_have_text("Maija Meikäläinen")


def test_without_scripts_a_link_leads_to_the_booking(
    booking: Face, supervisor: Json, lines: str, chromium: Chromium
) -> None:
    with chromium.new_context(viewport=PHONE, java_script_enabled=False) as context, website(on_a_site(lines)) as site:
        page = context.new_page()
        page.goto(site)
        page.get_by_role("link", name="Varaa kartoittava keskustelu").click()
        page.wait_for_url(f"{booking.settings.public_url}/t/*")
        expect(page.get_by_role("heading", level=1)).to_have_text("Maija Meikäläinen")


LIE = "postMessage({tyonohjaus: {height: 4999}}, '*')"
LIARS = [
    LIE,
    "document.body.append(Object.assign(document.createElement('iframe'), "
    f"{{srcdoc: `<script>parent.{LIE}</script>`}}))",
]


@pytest.mark.parametrize("lie", LIARS, ids=["the page", "another frame"])
def test_nobody_else_can_say_how_high_the_booking_is(
    booking: Face, supervisor: Json, lines: str, page: Page, lie: str
) -> None:
    with website(on_a_site(lines)) as site:
        name_site(booking, supervisor, site)
        page.goto(site)
        page.wait_for_function("document.querySelector('iframe').offsetHeight > 100")
        page.evaluate(
            f"() => new Promise(heard => {{ addEventListener('message', () => heard(), {{once: true}}); {lie} }})"
        )
        assert page.evaluate("document.querySelector('iframe').offsetHeight") < 2_000


def test_the_settings_show_the_lines_and_how_it_looks(booking: Face, supervisor: Json, page: Page) -> None:
    desk = Browser(booking).log_in(supervisor["email"], supervisor["id"])
    page.context.add_cookies(
        [{"name": name, "value": value, "url": booking.settings.public_url} for name, value in desk.cookies.items()]
    )
    page.goto(f"{booking.settings.public_url}/tyo/asetukset/upotus")
    page.get_by_text("Avaa esikatselu").click()
    expect(framed(page).get_by_role("heading", level=1)).to_have_text("Valitse aika kartoittavalle keskustelulle")
    assert_accessible(page)
    page.get_by_label("Sivustot, joilla varaus näytetään").fill("https://www.example.fi/sivu")
    page.get_by_role("button", name="Tallenna").click()
    expect(page.get_by_role("alert")).to_contain_text("ilman polkua")
    assert_accessible(page)
