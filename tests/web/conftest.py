"""The pages as people meet them: a whole practice with its story behind it, and Debian's Chromium."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.integration.practice import Practice, running_practice

DESK, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
NARROWEST = ViewportSize(width=320, height=700)

SCREENS = Path(__file__).parents[2] / "docs" / "screens"

ADMIN_EMAIL = "yllapito@tyonohjaus.example"


@pytest.fixture(scope="session")
def practice(tmp_path_factory: pytest.TempPathFactory, with_story: Callable[[Path], Path]) -> Iterator[Practice]:
    """What `tyonohjaus up --demo` starts, with the story that it plays."""
    folder = with_story(tmp_path_factory.mktemp("practice") / "data")
    with pytest.MonkeyPatch.context() as patch:
        for many_log_in in ("LOGIN_RATE", "LOGIN_LETTER_RATE"):
            patch.setenv(many_log_in, "1000/hour")
        with running_practice(folder, "--demo") as running:
            yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        reason = "there is no Chromium here (Debian: apt-get install chromium)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def context(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A fresh browser of a Finnish reader, once as wide as a phone and once as a desk."""
    with chromium.new_context(viewport=request.param, locale="fi-FI", timezone_id="Europe/Helsinki") as fresh:
        fresh.set_default_timeout(15_000)
        yield fresh


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which nothing may go wrong unseen: no script breaks, and nothing is refused by the policy."""
    opened, troubles = context.new_page(), list[str]()
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda said: troubles.append(said.text) if _is_trouble(said) else None)
    yield opened
    assert not troubles


def _is_trouble(said: Any) -> bool:
    """Answers of 4xx are tested for themselves; Chromium notes each of them as an error too."""
    return said.type == "error" and "Failed to load resource" not in said.text


@pytest.fixture
def enter(practice: Practice) -> Callable[..., None]:
    """``enter(page, "helena@…")`` follows the link in the letter that the address gets."""

    def log_in_with(page: Page, email: str, account: str = "") -> None:
        seen = len(practice.letters(email))
        page.goto(f"{practice.booking.base_url}/kirjaudu")
        page.get_by_label("Sähköpostiosoite").fill(email)
        page.get_by_role("button", name="Lähetä linkki").click()
        letter = practice.letter(practice.next_letters(email, seen)[-1])
        found = re.search(r"https?://\S+/kirjaudu/\S+", letter["text"])
        assert found
        page.goto(found[0])
        page.locator("main").get_by_role("button", name=account or None).first.click()

    return log_in_with


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
    """What axe-core finds wrong with a page by WCAG 2.2 A and AA, and that nothing is wider than the window."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    page.wait_for_load_state()
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url} is {wider} px wider than its window"
