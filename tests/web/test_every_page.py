"""Every page that a link leads to, on a phone and on a desk: accessible, light, and not wider than its window.

The links are followed from each role's first page and from the letters. A page of the route list that no link leads
to fails, so that none is forgotten. `SCREENS=1 uv run pytest tests/web/test_every_page.py` draws each of them into
docs/screens/.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urlsplit

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Page, Response
from starlette.routing import Match

from services.booking.app import ROUTERS as BOOKING
from services.core.addresses import service_at
from services.notifier.app import ROUTERS as NOTIFIER
from services.reporting.app import ROUTERS as REPORTING
from tests.support.practice import Practice
from tests.web.conftest import ADMIN_EMAIL, DESK, PHONE, SCREENS, assert_accessible

pytestmark = pytest.mark.browser

HEAVIEST = 100_000
TRIES = 5
"""How many links to one page may have expired, as those in letters do."""
NO_PAGES = re.compile(
    r"\.(css|js|ics|pdf|csv|json|woff2|svg|png|txt|xml)$|/kuvat/{name}$|/(jatka|luonnos)$|participant_id}/tiedot$"
)
"""Routes of the pages that answer with no page: files, and steps of logging in and out."""

ROUTES = {
    service: [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    for service, routers in (("booking", BOOKING), ("reporting", REPORTING), ("notifier", NOTIFIER))
}
PAGES = {
    f"{service} {route.path}"
    for service, routes in ROUTES.items()
    for route in routes
    if not route.include_in_schema and "GET" in (route.methods or ()) and not NO_PAGES.search(route.path)
}

ASIDE = {
    "booking /kartoitus/{secret}/peru",
    "booking /koekirje/{secret}",
    "booking /kayttoonotto",
    "booking /kayttoonotto/posti",
    "booking /kayttoonotto/tilaaja",
    "booking /kayttoonotto/toiminimi",
    "booking /kayttoonotto/tyoajat",
    "booking /kayttoonotto/tyonohjaaja",
    "booking /kirjaudu/{secret}",
    "booking /kirjautuminen/avaimet/uusi",
    "booking /kirjautuminen/avaimet/{passkey_id}",
    "booking /laite/{path}/{secret}",
    "booking /tyo/haku",
    "booking /oma/tapaamiset/{session_id}/peru",
    "booking /osallistuja/{secret}/tiedot",
    "booking /osallistuja/{secret}/tapaaminen/{session_id}/peru",
    "booking /osallistuja/{secret}/uusi",
    "booking /osallistuja/{secret}/yhteenveto/{session_id}",
    "booking /osoite/vaihdettu",
    "booking /osoite/{secret}",
    "booking /webhookit/{webhook_id}",
    "booking /yhteenveto/{secret}",
    "booking /t/{name}/upota",
    "booking /t/{name}/upota/kiitos",
    "booking /t/{name}/upota/tiedot",
    "booking /tyo/prosessit/{process_id}/arvioinnit",
    "booking /tyo/prosessit/{process_id}/osallistujat",
    "booking /tyo/prosessit/{process_id}/palautteet",
    "booking /tyo/pyynnot/{process_id}",
    "booking /tyo/tapaamiset/{session_id}/paikka",
    "booking /tyo/tapaamiset/{session_id}/peru",
    "booking /tyo/tapaamiset/{session_id}/siirra",
    "booking /vahvista",
    "booking /varaa/{supervisor_id}/tiedot",
    "reporting /raportit/{report_id}/luovuta",
    "reporting /raportit/{report_id}/peru",
    "reporting /raportit/{report_id}/teksti",
}
"""Pages for moments that the story may not be in: the stories of their own area look at them."""


@dataclass
class Walk:
    """Who goes where: one address of each page, found by following links."""

    practice: Practice
    page: Page
    seen: dict[str, str] = field(default_factory=dict)
    tried: Counter[str] = field(default_factory=Counter)

    def name_of(self, address: str) -> str | None:
        """``booking /tyo/prosessit/{process_id}`` for the address of such a page; None for what is no page of ours."""
        if _origin(address) != _origin(str(self.practice.booking.base_url)):
            return None
        path = urlsplit(address).path or "/"
        service = service_at(path)
        route = next((route for route in ROUTES[service] if _fits(route, path)), None)
        name = f"{service} {route.path}" if route else None
        return name if name in PAGES else None

    def follow(self, addresses: Iterable[str]) -> Iterator[str]:
        """Open one of each page that these addresses and the links on their pages lead to."""
        waiting, known = list(addresses), set[str]()
        while waiting:
            address = urldefrag(waiting.pop(0))[0]
            if address in known:
                continue
            known.add(address)
            name = self.name_of(address)
            if name is None or name in self.seen or self.tried[name] >= TRIES:
                continue
            self.seen[name] = address
            self.tried[name] += 1
            yield name
            waiting += self.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")


def _origin(address: str) -> tuple[str, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.port


def _fits(route: APIRoute, path: str) -> bool:
    match, _ = route.matches({"type": "http", "method": "GET", "path": path})
    return match is Match.FULL


def letters_links(practice: Practice) -> list[str]:
    """Every address in the letters, the newest first: an old one may have expired."""
    letters = [practice.letter(caught)["text"] for caught in reversed(practice.letters())]
    return [address.rstrip(".,)") for text in letters for address in re.findall(r"https?://\S+", text)]


@pytest.fixture(params=["anyone", "letters", "supervisor", "client", "admin"])
def starts(request: pytest.FixtureRequest, practice: Practice, log_in: Callable[[str], Page]) -> list[str]:
    """Where somebody begins, and what of the letters is theirs."""
    home = str(practice.booking.base_url).rstrip("/")
    match request.param:
        case "anyone":
            return [f"{home}/", f"{home}/varaa/kiitos", f"{home}/kirjaudu/lahetetty"]
        case "letters":
            return letters_links(practice)
        case "supervisor":
            return [log_in(_supervisor(practice)).url]
        case "client":
            return [log_in(_client(practice)).url]
    return [log_in(ADMIN_EMAIL).url]


def _supervisor(practice: Practice) -> str:
    return str(practice.booking.get("/api/v1/supervisors").json()["items"][0]["email"])


def _client(practice: Practice) -> str:
    """One whose process goes on, so that there is something to book."""
    process = practice.booking.get("/api/v1/processes", params={"status": "active"}).json()["items"][0]
    return str(practice.booking.get(f"/api/v1/clients/{process['client_id']}").json()["contact"]["email"])


_reached: set[str] = set()


def test_every_page_is_light_and_accessible(practice: Practice, page: Page, starts: list[str]) -> None:
    """Loaded once: no page asks how wide its window is but in its styles."""
    walk, weights = Walk(practice, page), list[int]()
    page.on("response", lambda answer: weights.append(_weight(answer)))
    for name in walk.follow(starts):
        weights.clear()
        answer = page.goto(walk.seen[name])
        if answer is None or answer.status == 410:
            del walk.seen[name]
            continue
        assert answer.status == 200, f"{name}: {answer.status}"
        for width, window in (("phone", PHONE), ("desk", DESK)):
            page.set_viewport_size(window)
            assert_accessible(page)
            _draw(page, name, width)
        assert sum(weights) <= HEAVIEST, f"{name} weighs {sum(weights)} bytes"
    assert walk.seen, "nothing was found"
    _reached.update(walk.seen)


def _weight(answer: Response) -> int:
    """But for what is loaded once for ever: the typefaces, whose weight has a test of its own, and a logo."""
    kept = "immutable" in answer.headers.get("cache-control", "")
    return 0 if kept or not answer.ok or answer.request.redirected_to else len(answer.body())


def _draw(page: Page, name: str, width: str) -> None:
    if os.environ.get("SCREENS"):
        file = re.sub(r"[^a-z]+", "-", name.replace("/{", "/")).strip("-")
        page.screenshot(path=SCREENS / width / f"{file}.png", full_page=True)


def test_every_page_is_reached_by_a_link() -> None:
    """Runs after the walks."""
    if not _reached:
        pytest.skip("nobody walked")
    assert PAGES - _reached - ASIDE == set()
