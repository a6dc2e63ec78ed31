"""The supervisor's first page: today, the week, and what waits until somebody does it."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from celery import Celery
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.booking.lifecycle.refused_letters import keep_refusals
from services.core.database import transaction
from services.events.bus import EventPoster
from services.events.refused_letters import TOLD, Refusal, consume_refusals
from services.events.signatures import Signatures
from tests.integration.booking.pages.test_week import busy_at, talk_at
from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.booking.test_query_counts import counted
from tests.integration.conftest import Browser, Face, Json
from tests.support.diary import at, book, day_ahead, days_ahead, keep_hours
from tests.support.evaluation import attend
from tests.support.messages import hand_over

Make = Callable[..., Json]
Enter = Callable[[Json], Browser]
Clock = Callable[[timedelta], None]

HOUR = timedelta(hours=1)
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
    assert '/viestit?tila=failed">Katso, lähtivätkö kaikki viestit</a>' in page


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


def test_whoever_letters_did_not_reach_is_named_with_the_way_to_correct_the_address(
    booking: Face, at_desk: Enter, a_supervisor: Make, supervisor: Json, process: Json
) -> None:
    day = day_ahead(weekday=2)
    talk = talk_at(booking, supervisor, at(day, "10:00"), name=HOSTILE)
    person, client = process["participants"][0]["id"], process["client_id"]
    when = datetime(2027, 3, 2, 7, 12, tzinfo=UTC)
    refused = [
        Refusal(letter_id=uuid4(), supervisor_id=supervisor["id"], recipient_id=whom, refused_at=when + hours * HOUR)
        for hours, whom in enumerate((person, client, talk["id"], supervisor["id"], person, uuid4()))
    ]

    tell_booking(booking, refused)
    page = today(at_desk(supervisor))

    assert waiting(page)["Viesti ei mennyt perille"] == [
        f"/tyo/tilaajat/{client}/muuta",
        f"/tyo/kartoitukset/{talk['id']}#osoite",
        "/tyo/asetukset/omat-tiedot",
        f"/tyo/prosessit/{process['id']}/osallistujat/{person}",
    ]
    assert "klo 10.12 <a" in page.replace("\u00a0", " ")
    assert "klo 13.12 (2 viestiä) <a" in page.replace("\u00a0", " ")
    assert "<script>alert" not in page
    assert waiting(today(at_desk(a_supervisor()))) == {}

    booking.admin.post(f"/api/v1/intakes/{talk['id']}/cancel")
    tell_booking(booking, refused[:3])
    assert len(waiting(today(at_desk(supervisor)))["Viesti ei mennyt perille"]) == 2
    tell_booking(booking, [])
    assert waiting(today(at_desk(supervisor))) == {}


def tell_booking(booking: Face, refused: list[Refusal]) -> None:
    """What the notifier posts, as a worker of booking takes it: twice, as Redis may give it."""

    def keep(refusals: Sequence[Refusal]) -> None:
        with transaction(booking.engine) as db:
            keep_refusals(db, refusals)

    worker = Celery("booking", set_as_current=False)
    shared = booking.settings.shared_keys["notifier"]
    known = EventPoster("redis://nowhere.invalid", Signatures("booking", {"notifier": shared}))
    consume_refusals(worker, lambda: known, keep)
    for _ in range(2):
        told = [json.loads(one.model_dump_json()) for one in refused]
        hand_over(worker, TOLD, told, sender="notifier", reader="booking", shared_keys=shared)


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
    assert len(statements) <= 25, statements


def test_what_others_did_since_the_last_visit_is_seen_until_the_next(
    booking: Face, at_desk: Enter, supervisor: Json, process: Json, clock: Clock
) -> None:
    desk, days = at_desk(supervisor), days_ahead(3)
    client = with_credentials(booking, f"/api/v1/clients/{process['client_id']}")
    assert "Edellisen käyntisi jälkeen" not in today(desk)
    own, theirs = book(booking.admin, process, at(days[0])), book(client, process, at(days[1]))
    talk = talk_at(booking, supervisor, at(days[2]))["id"]
    booking.admin.post(f"/api/v1/intakes/{talk}/confirm").raise_for_status()

    clock(timedelta(minutes=31))
    for _ in range(2):  # the same visit
        page = today(desk)
        assert "Edellisen käyntisi jälkeen" in page
        news = page[page.index('id="uutta"') : page.index('id="tanaan"')]
        assert re.findall(r'href="([^"]+)"', news) == [f"/tyo/tapaamiset/{theirs['id']}", f"/tyo/kartoitukset/{talk}"]
        assert own["id"] not in news
    clock(timedelta(minutes=90))
    assert "Edellisen käyntisi jälkeen" not in today(desk)


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
