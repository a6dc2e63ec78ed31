"""The supervisor's first page: today, the week, and what waits until somebody does it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from tests.integration.conftest import Browser, Face, Json
from tests.integration.diary import at, book, day_ahead, keep_hours
from tests.integration.evaluating import attend
from tests.integration.test_calendar_pages import busy_at, talk_at
from tests.integration.test_query_counts import counted

Make = Callable[..., Json]
Enter = Callable[[Json], Browser]
Clock = Callable[[timedelta], None]

HOSTILE = "<script>alert(1)</script>{{7*7}}"


@pytest.fixture
def supervisor(booking_api: TestClient, a_supervisor: Make) -> Json:
    supervisor = a_supervisor()
    keep_hours(booking_api, supervisor["id"], holidays=None)
    return supervisor


@pytest.fixture
def process(a_process: Make, supervisor: Json) -> Json:
    return a_process(supervisor_id=supervisor["id"], title=HOSTILE)


def until(moment: str) -> timedelta:
    return datetime.fromisoformat(moment) - datetime.now(UTC)


def today(desk: Browser) -> str:
    shown = desk.get("/tyo")
    assert shown.status_code == 200, shown.text
    return str(shown.text)


def waiting(page: str) -> dict[str, list[str]]:
    """What waits: the ways to it, under their headings."""
    part = page[page.index('id="odottaa"') :]
    sections = re.findall(r"<h3>([^<]+)</h3>\s*<ul class=\"waiting\">(.*?)</ul>", part, re.DOTALL)
    return {heading: re.findall(r'href="([^"]+)"', body) for heading, body in sections}


def test_a_first_day_says_what_to_do_next(at_desk: Enter, supervisor: Json) -> None:
    page = today(at_desk(supervisor))

    assert "Tänään sinulla ei ole tapaamisia." in page
    assert "Mikään ei odota sinua." in page
    assert 'href="/tyo/tapaamiset/uusi"' in page


def test_a_meeting_that_goes_on_can_be_written_down_at_once(
    booking: Face, at_desk: Enter, supervisor: Json, process: Json, clock: Clock
) -> None:
    day = day_ahead(weekday=2)
    meeting = book(booking.admin, process, at(day, "10:00"))
    later = book(booking.admin, process, at(day + timedelta(days=2), "10:00"))
    clock(until(at(day, "10:20")))

    page = today(at_desk(supervisor))

    assert f'href="/tyo/tapaamiset/{meeting["id"]}/kirjaa"' in page
    assert f'href="/tyo/tapaamiset/{later["id"]}"' in page
    assert "<script>alert" not in page
    assert waiting(page) == {}


def test_what_is_not_written_down_waits_until_it_is(
    booking: Face, at_desk: Enter, supervisor: Json, process: Json, clock: Clock
) -> None:
    day = day_ahead(weekday=2)
    meeting = book(booking.admin, process, at(day, "10:00"))
    way = [f"/tyo/tapaamiset/{meeting['id']}/kirjaa"]
    clock(until(at(day, "13:00")))
    desk = at_desk(supervisor)

    assert waiting(today(desk)) == {"Läsnäolo kirjaamatta": way}
    attend(booking, process, meeting)
    assert waiting(today(desk)) == {"Yhteenveto julkaisematta": way}
    booking.admin.put(f"/api/v1/sessions/{meeting['id']}/summary", json={"themes": ["Roolit"]})
    assert "luonnos" in today(desk)
    booking.admin.post(f"/api/v1/sessions/{meeting['id']}/summary/publish")
    assert waiting(today(desk)) == {}


def test_talks_rounds_and_calendars_wait_too(
    booking: Face, at_desk: Enter, supervisor: Json, process: Json, clock: Clock
) -> None:
    day = day_ahead(weekday=2)
    talk = talk_at(booking, supervisor, at(day, "10:00"), name=HOSTILE)
    booking.admin.post(f"/api/v1/intakes/{talk['id']}/confirm")
    clock(until(at(day, "13:00")))
    due = str(day + timedelta(days=14))
    asked = booking.admin.post(f"/api/v1/processes/{process['id']}/evaluations", json={"phase": "start", "due": due})
    busy_at(booking, supervisor, day, "14:00", "15:00")
    with booking.engine.begin() as connection:
        connection.execute(text("UPDATE calendar_import SET failures = 2, last_error = 'Unreachable'"))

    page = today(at_desk(supervisor))

    assert asked.status_code == 201, asked.text
    assert waiting(page) == {
        "Keskustelun tulos kirjaamatta": [f"/tyo/kartoitukset/{talk['id']}"],
        "Arviointi avoinna": [f"/tyo/prosessit/{process['id']}/arvioinnit/{asked.json()['id']}"],
        "Kalenteria ei voitu lukea": ["/tyo/asetukset/kalenterit"],
    }
    assert "vastannut 0/1" in page
    assert "calendar.example" in page
    assert "a.ics" not in page  # the rest of the address is a secret
    booking.admin.post(f"/api/v1/intakes/{talk['id']}/outcome", json={"start": False})
    assert "Keskustelun tulos kirjaamatta" not in today(at_desk(supervisor))


def test_the_page_takes_as_many_statements_whatever_waits(
    booking: Face, at_desk: Enter, supervisor: Json, process: Json, clock: Clock
) -> None:
    day = day_ahead(weekday=2)
    for hour in range(8, 13):
        book(booking.admin, process, at(day, f"{hour:02}:00"))
    clock(until(at(day, "15:00")))
    desk = at_desk(supervisor)

    with counted(booking) as statements:
        page = today(desk)

    assert len(waiting(page)["Läsnäolo kirjaamatta"]) == 5
    assert len(statements) <= 16, statements


def test_others_see_nothing_of_it(
    booking: Face,
    browser: Browser,
    at_desk: Enter,
    as_client: Enter,
    a_supervisor: Make,
    a_client: Make,
    process: Json,
    clock: Clock,
) -> None:
    day = day_ahead(weekday=2)
    book(booking.admin, process, at(day, "10:00"))
    clock(until(at(day, "13:00")))

    assert "Mikään ei odota sinua." in today(at_desk(a_supervisor()))
    assert as_client(a_client()).get("/tyo").status_code == 404
    assert browser.get("/tyo").headers["Location"] == "/kirjaudu?paluu=%2Ftyo"
