"""The first talk as a visitor without an account meets it: a form, a letter's link, and buttons."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.web.links import secret
from tests.integration.conftest import Face, Json
from tests.integration.diary import keep_hours

Make = Callable[..., Json]

VISITOR = {"name": "Åke Öhman", "email": "ake@example.fi", "organisation": "", "message": "Rivi\r\ntoinen"}


@pytest.fixture
def browser(booking: Face) -> TestClient:
    return booking.anonymous(Accept="text/html")


@pytest.fixture
def form(booking_api: TestClient, a_supervisor: Make) -> str:
    supervisor = a_supervisor(title="työnohjaaja STOry")
    keep_hours(booking_api, supervisor["id"])
    return f"/varaa/{supervisor['id']}"


def times(page: str) -> list[str]:
    return re.findall(r'name="starts_at" value="([^"]+)"', page)


def intakes(booking: Face) -> list[tuple[str, str]]:
    """The status of every talk, and its page."""
    with booking.engine.connect() as connection:
        rows = connection.execute(text("SELECT status, link FROM intake ORDER BY requested_at")).all()
    return [(status, f"/kartoitus/{secret(booking.settings.link_key, UUID(str(link)))}") for status, link in rows]


def ask(browser: TestClient, form: str, number: int = 0) -> None:
    chosen = times(browser.get(form).text)[number]
    assert browser.post(form, data=VISITOR | {"starts_at": chosen}).headers["Location"] == "/varaa/kiitos"


def test_with_one_supervisor_the_form_is_one_click_away(browser: TestClient, form: str) -> None:
    assert browser.get("/varaa").headers["Location"] == form
    assert "työnohjaaja STOry" in browser.get(form).text


def test_a_talk_is_asked_for_confirmed_moved_and_called_off_by_buttons(
    booking: Face, browser: TestClient, form: str
) -> None:
    ask(browser, form)
    assert "Vahvista vielä aika" in browser.get("/varaa/kiitos").text
    ((_, page),) = intakes(booking)

    for _ in range(2):  # as mail scanners do
        assert "Vahvista aika" in browser.get(page).text
    assert [status for status, _ in intakes(booking)] == ["held"]

    for _ in range(2):  # a double click
        confirmed = browser.post(f"{page}/vahvista")
        assert "Aika on vahvistettu" in browser.get(confirmed.headers["Location"]).text
    moved = browser.post(f"{page}/siirra", data={"starts_at": times(browser.get(page).text)[-1]})
    assert "Aika on siirretty" in browser.get(moved.headers["Location"]).text
    browser.post(f"{page}/peru")
    assert "Tämä aika on peruttu" in browser.get(page).text
    assert browser.post(f"{page}/vahvista").status_code == 409
    assert [status for status, _ in intakes(booking)] == ["cancelled"]


def test_a_form_that_is_refused_comes_back_as_it_was_filled_in(booking: Face, browser: TestClient, form: str) -> None:
    chosen = times(browser.get(form).text)[0]

    refused = browser.post(form, data=VISITOR | {"starts_at": chosen, "email": 'ei"osoite<', "name": " "})

    assert refused.status_code == 422
    assert "Tämä ei ole sähköpostiosoite." in refused.text
    assert "Tämä puuttuu." in refused.text
    assert 'value="ei&#34;osoite&lt;"' in refused.text
    assert f'value="{chosen}" required checked' in refused.text
    assert intakes(booking) == []


def test_a_time_that_was_taken_meanwhile_brings_the_form_back_with_others(
    booking: Face, browser: TestClient, form: str
) -> None:
    chosen = times(browser.get(form).text)[0]
    ask(browser, form)

    late = browser.post(form, data=VISITOR | {"starts_at": chosen})

    assert late.status_code == 409
    assert "Aika on jo varattu." in late.text
    assert chosen not in times(late.text)
    assert "Åke Öhman" in late.text
    assert len(intakes(booking)) == 1


def test_an_address_asks_only_so_often(booking: Face, browser: TestClient, form: str) -> None:
    answers = [browser.post(form, data=VISITOR | {"starts_at": "x"}).status_code for _ in range(61)]

    assert answers == [422] * 60 + [429]


@pytest.mark.parametrize("path", ["/varaa/00000000-0000-0000-0000-000000000000", "/kartoitus/x", "/varaa/x"])
def test_what_is_not_there_is_told_on_a_page(browser: TestClient, path: str) -> None:
    answer = browser.get(path)

    assert answer.status_code in (404, 422)
    assert answer.headers["Content-Type"].startswith("text/html")
