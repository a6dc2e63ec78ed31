"""The pages as people meet them: a whole practice with its story behind it, and Debian's Chromium."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Cookie, Page, ViewportSize, expect

from services.web.security.proof import PROOF_LIFETIME
from tests.conftest import end_shared
from tests.support.chromium import running_chromium
from tests.support.practice import Practice, running_practice

DESK, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
NARROWEST = ViewportSize(width=320, height=700)

SCREENS = Path(__file__).parents[2] / "docs" / "screens"

ADMIN_EMAIL = "yllapito@tyonohjaus.example"

PATIENCE = 30_000
"""Milliseconds, where four workers share two cores."""
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def practice(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, with_story: Callable[[Path], Path]
) -> Iterator[Practice]:
    """What `tyonohjaus up --demo` starts, with the story that it plays.

    Its letters lead to the ports of the story, which only one of its copies can have at a time.
    """
    end_shared(request.config)
    folder = with_story(tmp_path_factory.mktemp("practice") / "data")
    with pytest.MonkeyPatch.context() as patch:
        for many_log_in in ("LOGIN_RATE", "LOGIN_LETTER_RATE"):
            patch.setenv(many_log_in, "1000/hour")
        with running_practice(folder, "--demo") as running:
            yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def window() -> ViewportSize:
    """A desk; the files about those who come by a link in a letter say a phone."""
    return DESK


@pytest.fixture
def context(chromium: Browser, window: ViewportSize) -> Iterator[BrowserContext]:
    """A fresh browser of a Finnish reader."""
    with chromium.new_context(viewport=window, locale="fi-FI", timezone_id="Europe/Helsinki") as fresh:
        fresh.set_default_timeout(PATIENCE)
        yield fresh


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which nothing may go wrong unseen: no script breaks, and nothing is refused by the policy."""
    opened, troubles = context.new_page(), list[str]()
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda said: troubles.append(said.text) if _is_trouble(said) else None)
    yield opened
    assert not troubles


@pytest.fixture
def without_scripts(chromium: Browser) -> Iterator[Page]:
    """The narrowest phone, in whose browser no script runs."""
    with chromium.new_context(java_script_enabled=False, viewport=NARROWEST, locale="fi-FI") as context:
        context.set_default_timeout(15_000)
        yield context.new_page()


def _is_trouble(said: Any) -> bool:
    """Answers of 4xx are tested for themselves; Chromium notes each of them as an error too."""
    return said.type == "error" and "Failed to load resource" not in said.text


class Login(NamedTuple):
    """The page to which somebody came by the link in their letter, and what their browser shows since."""

    home: str
    cookies: list[Cookie]
    at: datetime


@pytest.fixture(scope="session")
def saved_logins() -> dict[tuple[str, str], Login]:
    """By address and account: a letter takes a second or two, and most tests are not about logging in."""
    return {}


@pytest.fixture
def enter(practice: Practice, saved_logins: dict[tuple[str, str], Login]) -> Callable[..., None]:
    """``enter(page, "helena@…")`` logs somebody in, by a letter only if no login of theirs is fresh."""

    def log_in_with(page: Page, email: str, account: str = "") -> None:
        saved = saved_logins.get((email, account))
        if saved is None or practice.now() > saved.at + PROOF_LIFETIME / 2 or not opens(page, saved):
            follow_letter(practice, page, email, account)
            saved_logins[email, account] = Login(page.url, page.context.cookies(), practice.now())

    return log_in_with


def opens(page: Page, saved: Login) -> bool:
    """Not after somebody has logged out with it, and not after the practice's clock was moved by half a day."""
    page.context.clear_cookies()
    page.context.add_cookies(saved.cookies)  # type: ignore[arg-type]  # what one context gives, another takes
    page.goto(saved.home)
    return page.url == saved.home


def follow_letter(practice: Practice, page: Page, email: str, account: str) -> None:
    """Ask for a login link and open the one that comes. `test_doors` does it all in the browser."""
    seen, home = len(practice.letters(email)), str(practice.booking.base_url)
    asked = page.context.request.post(
        f"{home}/kirjaudu", form={"email": email}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert asked.ok, asked.text()
    page.goto(login_link(practice, email, seen))
    page.locator("main").get_by_role("button", name=account or None).first.click()
    page.wait_for_url(lambda url: not urlsplit(url).path.startswith("/kirjaudu"))


def login_link(practice: Practice, email: str, seen: int = 0) -> str:
    """The link in the letter that comes after those that were seen."""
    return practice.found_in_letters(email, r"https?://\S+/kirjaudu/\S+", seen)[0]


def confirm_device(practice: Practice, page: Page, email: str) -> None:
    """On the page that asks for it: have a code sent, and type it."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Vahvista tämä laite")
    assert_accessible(page)
    seen = len(practice.letters(email))
    page.get_by_role("button", name="Lähetä koodi sähköpostiini").click()
    expect(page.get_by_role("status")).to_have_text("Koodi on lähetetty sähköpostiisi.")
    code = practice.found_in_letters(email, r"Koodi: (\d{6})", seen)[1]
    page.get_by_label("Kuusinumeroinen koodi").fill(code)
    assert_accessible(page)
    page.get_by_role("button", name="Vahvista laite").click()


@pytest.fixture
def log_in(page: Page, enter: Callable[..., None]) -> Callable[..., Page]:
    """``log_in("helena@…")`` is the test's page with that person logged in."""

    def logged_in(email: str, account: str = "") -> Page:
        enter(page, email, account)
        return page

    return logged_in


def choose_day(page: Page) -> None:
    """One of the next month, whose times no day's notice can reach, whatever day and hour it is now."""
    page.get_by_role("link", name="Seuraava").click()
    page.locator(".month .free").nth(2).click()


def assert_accessible(page: Page) -> None:
    """What axe-core finds wrong with a page by WCAG 2.2 A and AA, and that it is no wider than its window."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    page.wait_for_load_state()
    # The long lists of what is right take longer to hand over than to find.
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}, "resultTypes": ["violations"]})
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
    assert_fits(page)


def assert_fits(page: Page) -> None:
    """In its own window, on a desk and on a phone."""
    own = page.viewport_size
    assert own
    for window in (PHONE, DESK, own):
        page.set_viewport_size(window)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{page.url} is {wider} px wider than a window of {window['width']} px"
