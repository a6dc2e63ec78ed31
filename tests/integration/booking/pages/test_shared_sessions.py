"""A session of several: who can't come says so, and who wishes for a change proposes it to the supervisor."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.web.security.links import secret
from tests.integration.conftest import Browser, Face, Json
from tests.support.devices import confirm_device
from tests.support.diary import at, book, change, day_ahead, keep_hours
from tests.support.month_page import offered

Make = Callable[..., Json]
Enter = Callable[[Json], Browser]
MoveClock = Callable[[timedelta], None]
WORD = "Olen silloin matkalla <b>Oulussa</b>"
WORD_SHOWN = "Olen silloin matkalla &lt;b&gt;Oulussa&lt;/b&gt;"


@pytest.fixture
def supervisor(booking_api: TestClient, a_supervisor: Make) -> Json:
    made = a_supervisor()
    keep_hours(booking_api, made["id"])
    return made


@pytest.fixture
def process(a_process: Make, supervisor: Json) -> Json:
    return a_process(form="group", participants=3, supervisor_id=supervisor["id"])


@pytest.fixture
def session(booking_api: TestClient, process: Json) -> Json:
    return book(booking_api, process, at(day_ahead(3), "10:00"))


@pytest.fixture
def browser(booking: Face) -> TestClient:
    return booking.anonymous(Accept="text/html")


@pytest.fixture
def desk(at_desk: Enter, supervisor: Json) -> Browser:
    return at_desk(supervisor)


def page_of(booking: Face, person: Json) -> str:
    with booking.engine.connect() as connection:
        query = text("SELECT page_link FROM participant WHERE id = :id")
        link = connection.execute(query, {"id": person["id"]}).scalar_one()
    return f"/osallistuja/{secret(booking.settings.link_key, UUID(str(link)))}"


def place_of(booking: Face, process: Json, session: Json, number: int = 0) -> str:
    return f"{page_of(booking, process['participants'][number])}/tapaaminen/{session['id']}"


def name_of(person: Json) -> str:
    return f"{person['first_name']} {person['last_name']}"


def say(browser: TestClient, address: str, **typed: str) -> str:
    answer = browser.post(address, data=typed)
    assert answer.status_code == 303, answer.text
    return str(browser.get(answer.headers["Location"]).text)


def published(booking: Face, kind: str) -> list[dict[str, Any]]:
    with booking.engine.connect() as connection:
        rows = connection.execute(text("SELECT envelope FROM outbox ORDER BY position")).scalars().all()
    return [row["data"] for row in rows if row["type"] == kind]


def notes_of(booking: Face) -> list[str]:
    """As they lie in the database."""
    both = text("SELECT note FROM attendance_intention UNION ALL SELECT note FROM change_wish")
    with booking.engine.connect() as connection:
        return list(connection.execute(both).scalars())


def now_of(booking: Face, session: Json) -> Json:
    found: Json = booking.admin.get(f"/api/v1/sessions/{session['id']}").json()
    return found


def answer_wish(desk: Browser, session: Json, how: str) -> str:
    """Press the button of the only wish on the page of a session; returns the page that follows."""
    page = desk.get(f"/tyo/tapaamiset/{session['id']}").text
    action = next(part.split('"')[0] for part in page.split('action="') if part.split('"')[0].endswith(f"/{how}"))
    return str(desk.get(desk.post(action).headers["Location"]).text)


# -- en pääse ---------------------------------------------------------------------------------------------


def test_who_cannot_come_is_marked_for_the_supervisor_alone(
    booking: Face, browser: TestClient, desk: Browser, process: Json, session: Json
) -> None:
    mine, others = place_of(booking, process, session), place_of(booking, process, session, 1)
    before = browser.get(others).text

    assert "Olet ilmoittanut, ettet pääse." in say(browser, f"{mine}/en-paase", word=WORD)

    assert now_of(booking, session)["status"] == "booked"
    (told,) = published(booking, "attendance.intended.v1")
    assert (told["participant_id"], told["intention"]) == (process["participants"][0]["id"], "not_coming")
    assert WORD not in str(told)
    own_page = browser.get(mine).text
    assert WORD_SHOWN not in own_page, "a link alone shows nothing that was written"
    assert "Pääsen sittenkin" in own_page
    assert browser.get(others).text.count("En pääse") == before.count("En pääse")
    assert name_of(process["participants"][0]) not in browser.get(others).text
    name = name_of(process["participants"][0])
    week = desk.get(f"/tyo/kalenteri?viikko={day_ahead(3):%G-W%V}").text
    for page in (
        desk.get(f"/tyo/tapaamiset/{session['id']}").text,
        desk.get(f"/tyo/prosessit/{process['id']}").text,
        week,
    ):
        assert f"Tulossa 2/3, ei pääse: {name}" in page
    assert WORD_SHOWN in desk.get(f"/tyo/tapaamiset/{session['id']}").text
    assert WORD_SHOWN not in week


def test_the_day_of_the_meeting_shows_who_is_missing_and_attendance_is_preset(
    booking: Face, browser: TestClient, at_desk: Enter, supervisor: Json, process: Json, session: Json, clock: MoveClock
) -> None:
    say(browser, f"{place_of(booking, process, session)}/en-paase")
    clock(datetime.fromisoformat(session["ends_at"]) - datetime.now(UTC))
    desk = at_desk(supervisor)

    assert "Tulossa 2/3, ei pääse" in desk.get("/tyo").text
    form = desk.get(f"/tyo/tapaamiset/{session['id']}/kirjaa").text
    preset = [field for field in form.split("<input ") if " checked" in field.split(">")[0]]
    for person, state in zip(process["participants"], ("excused", "present", "present"), strict=True):
        assert any(person["id"] in field and f'value="{state}"' in field for field in preset)


def test_who_can_come_after_all_says_so_and_saying_it_twice_tells_it_once(
    booking: Face, browser: TestClient, desk: Browser, process: Json, session: Json
) -> None:
    mine = place_of(booking, process, session)
    for address in ("en-paase", "en-paase", "paasen"):
        shown = say(browser, f"{mine}/{address}")

    assert "Hienoa, että pääset." in shown
    told = published(booking, "attendance.intended.v1")
    assert [(each["version"], each["intention"]) for each in told] == [(1, "not_coming"), (2, "coming")]
    assert "ei pääse" not in desk.get(f"/tyo/tapaamiset/{session['id']}").text


def test_of_another_time_nobody_has_said_anything(
    booking: Face, browser: TestClient, desk: Browser, booking_api: TestClient, process: Json, session: Json
) -> None:
    say(browser, f"{place_of(booking, process, session)}/en-paase")

    change(booking_api, session, starts_at=at(day_ahead(5), "12:00"))

    assert "ei pääse" not in desk.get(f"/tyo/tapaamiset/{session['id']}").text
    assert "Pääsen sittenkin" not in browser.get(place_of(booking, process, session)).text


def test_the_client_sees_a_head_count_and_no_name(
    booking: Face, browser: TestClient, at_desk: Enter, booking_api: TestClient, process: Json, session: Json
) -> None:
    say(browser, f"{place_of(booking, process, session)}/en-paase", word=WORD)
    client = booking_api.get(f"/api/v1/clients/{process['client_id']}").json()

    page = at_desk(client | {"email": client["contact"]["email"]}).get(f"/oma/tapaamiset/{session['id']}").text

    assert "2/3" in page
    assert "Oulussa" not in page
    assert name_of(process["participants"][0]) not in page


def test_it_is_said_before_the_meeting_begins_and_only_of_a_shared_one(
    booking: Face, browser: TestClient, a_process: Make, process: Json, session: Json, clock: MoveClock
) -> None:
    alone = a_process()
    keep_hours(booking.admin, alone["supervisor_id"])
    own = book(booking.admin, alone, at(day_ahead(3), "10:00"))
    assert browser.post(f"{place_of(booking, alone, own)}/en-paase").status_code == 404

    clock(timedelta(days=10))

    assert browser.post(f"{place_of(booking, process, session)}/en-paase").status_code == 409
    assert published(booking, "attendance.intended.v1") == []


# -- proposing a change -----------------------------------------------------------------------------------


def test_nobody_alone_cancels_for_all_but_the_supervisor_may_say_yes(
    booking: Face, browser: TestClient, desk: Browser, process: Json, session: Json
) -> None:
    mine = place_of(booking, process, session)
    assert "kaikilta 3 osallistujalta" in browser.get(f"{mine}/peru").text

    assert "Ehdotuksesi odottaa työnohjaajan vastausta." in say(browser, f"{mine}/peru", note=WORD)

    assert now_of(booking, session)["status"] == "booked"
    assert "Työnohjaaja ei ole vielä vastannut." in browser.get(mine).text
    assert "vielä vastannut" not in browser.get(place_of(booking, process, session, 1)).text
    assert f"/tyo/tapaamiset/{session['id']}#toiveet" in desk.get("/tyo").text
    assert "ehdottaa peruutusta" in desk.get(f"/tyo/prosessit/{process['id']}").text
    assert WORD_SHOWN in desk.get(f"/tyo/tapaamiset/{session['id']}").text

    assert "Kumoa peruutus" in answer_wish(desk, session, "hyvaksy")

    cancelled = now_of(booking, session)
    assert (cancelled["status"], cancelled["cancelled_late"]) == ("cancelled", False)
    assert published(booking, "session.cancelled.v1")[0]["changed_by"] == "supervisor"
    assert "niin kuin ehdotit" in browser.get(mine).text
    desk.post(f"/tyo/tapaamiset/{session['id']}/kumoa")
    assert "Työnohjaaja ei ole vielä vastannut." in browser.get(mine).text


@pytest.mark.parametrize(("wished_late", "costs"), [(False, False), (True, True)])
def test_what_it_costs_is_judged_by_when_it_was_wished_for(
    booking: Face, browser: TestClient, desk: Browser, process: Json, session: Json, wished_late: bool, costs: bool
) -> None:
    def pass_deadline() -> None:
        with booking.engine.begin() as connection:
            connection.execute(text("UPDATE session SET free_until = now() - interval '1 second'"))

    if wished_late:
        pass_deadline()
    say(browser, f"{place_of(booking, process, session)}/peru")
    if not wished_late:
        with booking.engine.begin() as connection:
            connection.execute(text("UPDATE change_wish SET wished_at = wished_at - interval '1 minute'"))
    pass_deadline()
    answer_wish(desk, session, "hyvaksy")

    assert now_of(booking, session)["cancelled_late"] is costs


def test_a_proposed_time_is_taken_by_the_supervisors_yes(
    booking: Face, browser: TestClient, desk: Browser, process: Json, session: Json
) -> None:
    mine = place_of(booking, process, session)
    chosen = offered(browser, mine)[-1]

    say(browser, f"{mine}/siirra", starts_at=chosen)

    assert now_of(booking, session)["starts_at"] == session["starts_at"]
    assert "Kumoa siirto" in answer_wish(desk, session, "hyvaksy")
    assert now_of(booking, session)["starts_at"] != session["starts_at"]
    assert "niin kuin toivoit" in browser.get(mine).text
    assert f"{session['id']}#toiveet" not in desk.get("/tyo").text


def test_a_proposed_time_that_was_taken_meanwhile_changes_nothing(
    booking: Face, browser: TestClient, desk: Browser, booking_api: TestClient, process: Json, session: Json
) -> None:
    mine = place_of(booking, process, session)
    chosen = offered(browser, mine)[-1]
    say(browser, f"{mine}/siirra", starts_at=chosen)
    book(booking_api, process, chosen)

    assert "Ehdotettu aika on ehditty varata." in answer_wish(desk, session, "hyvaksy")

    assert now_of(booking, session)["starts_at"] == session["starts_at"]
    assert "Työnohjaaja ei ole vielä vastannut." in browser.get(mine).text


def test_a_wish_is_declined_renewed_and_taken_back(
    booking: Face, browser: TestClient, desk: Browser, process: Json, session: Json
) -> None:
    mine = place_of(booking, process, session)
    say(browser, f"{mine}/siirra")
    assert "Ehdotus on hylätty." in answer_wish(desk, session, "hylkaa")
    assert "ei hyväksynyt ehdotustasi" in browser.get(mine).text

    say(browser, f"{mine}/siirra")
    assert "Työnohjaaja ei ole vielä vastannut." in browser.get(mine).text
    assert "Ehdotuksesi on peruttu." in say(browser, f"{mine}/toive/poista")

    assert "toiveet/" not in desk.get(f"/tyo/tapaamiset/{session['id']}").text


def test_what_a_participant_said_is_theirs_to_take_along_and_is_forgotten_with_them(
    booking: Face, browser: TestClient, booking_api: TestClient, process: Json, session: Json
) -> None:
    person, mine = process["participants"][0], place_of(booking, process, session)
    say(browser, f"{mine}/en-paase", word=WORD)
    say(browser, f"{mine}/peru", note=WORD)
    assert all(note.startswith("sealed:") for note in notes_of(booking))
    confirm_device(booking, browser, page_of(booking, person))
    assert browser.get(f"{page_of(booking, person)}/tiedot").text.count(WORD_SHOWN) == len(notes_of(booking)) == 2

    assert booking_api.delete(f"/api/v1/participants/{person['id']}").status_code == 204

    assert notes_of(booking) == []


@pytest.mark.parametrize(("form", "field"), [("en-paase", "word"), ("peru", "note")])
@pytest.mark.parametrize("words", ["liian pitkä " * 50, "kaksi\x00osaa"], ids=["too long", "no text"])
def test_a_word_that_is_none_is_refused_beside_its_field_and_nothing_is_lost(
    booking: Face, browser: TestClient, process: Json, session: Json, form: str, field: str, words: str
) -> None:
    refused = browser.post(f"{place_of(booking, process, session)}/{form}", data={field: words})

    assert (refused.status_code, f'href="#{field}"' in refused.text) == (422, True)
    assert words.split("\x00", maxsplit=1)[0] in refused.text
    assert notes_of(booking) == []


def test_every_field_of_the_page_has_an_id_of_its_own(
    booking: Face, browser: TestClient, process: Json, session: Json
) -> None:
    page = browser.get(place_of(booking, process, session), params={"paiva": f"{day_ahead(4)}"}).text

    assert (page.count('id="word"'), page.count('id="note"')) == (1, 1)
