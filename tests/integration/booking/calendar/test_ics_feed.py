"""The calendars that supervisors and participants subscribe to, read by a parser that did not write them."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
import vobject
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.booking.models.people import Participant, Supervisor
from services.core.database import Database
from services.events.catalogue import SessionRescheduled
from services.web.security.links import secret
from tests.integration.conftest import Face, a_person
from tests.support.diary import Json, at, book, change, day_ahead, keep_hours
from tests.support.evaluation import told

Make = Callable[..., Json]


@pytest.fixture
def process(booking_api: TestClient, a_process: Make) -> Json:
    process = a_process(form="group", participants=3)
    keep_hours(booking_api, process["supervisor_id"])
    return process


def supervisors_feed(booking: Face, process: Json) -> str:
    with Database(booking.engine) as db:
        link = db.get_one(Supervisor, UUID(process["supervisor_id"])).calendar_link
    return f"/api/v1/calendar/{secret(booking.settings.link_key, link)}.ics"


def participants_feed(booking: Face, process: Json) -> str:
    with Database(booking.engine) as db:
        link = db.get_one(Participant, UUID(process["participants"][0]["id"])).calendar_link
    return f"/api/v1/calendar/{secret(booking.settings.link_key, link)}.ics"


def file_on_the_page(booking: Face, process: Json, session: Json) -> str:
    with Database(booking.engine) as db:
        link = db.get_one(Participant, UUID(process["participants"][0]["id"])).page_link
    page = f"/osallistuja/{secret(booking.settings.link_key, link)}"
    return str(booking.anonymous().get(f"{page}/tapaaminen/{session['id']}/tapaaminen.ics").text)


def entries(booking: Face, address: str) -> list[Json]:
    answer = booking.anonymous().get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = vobject.readOne(answer.text)
    assert "method" not in calendar.contents  # PUBLISH asks for an organizer (RFC 5546 §3.2.1)
    return [
        {
            "uid": event.uid.value,
            "sequence": int(event.sequence.value),
            "starts_at": event.dtstart.value.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "summary": event.summary.value,
            "status": event.status.value,
        }
        for event in calendar.contents.get("vevent", [])
    ]


def test_a_supervisor_sees_processes_by_their_codes_and_nobody_by_name(booking: Face, process: Json) -> None:
    session = book(booking.admin, process, at(day_ahead()), location="Kirkkokatu 1, 2. krs; ovikoodi kysy")

    (entry,) = entries(booking, supervisors_feed(booking, process))

    assert entry == {
        "uid": f"{session['id']}@booking.test",
        "sequence": 0,
        "starts_at": session["starts_at"],
        "summary": f"{process['code']}, ryhmätyönohjaus, tapaaminen 1",
        "status": "CONFIRMED",
    }
    feed = booking.anonymous().get(supervisors_feed(booking, process)).text
    assert process["participants"][0]["last_name"] not in feed
    assert "Esimerkki Oy" not in feed


def test_a_participant_sees_their_own_meetings_under_a_neutral_name(
    booking: Face, process: Json, a_process: Make
) -> None:
    session = book(booking.admin, process, at(day_ahead()))
    book(booking.admin, a_process(supervisor_id=process["supervisor_id"]), at(day_ahead(), "13:00"))

    (entry,) = entries(booking, participants_feed(booking, process))

    assert (entry["uid"], entry["summary"]) == (f"{session['id']}@booking.test", "Työnohjaus")


def test_what_is_moved_and_cancelled_keeps_its_identity(booking: Face, process: Json) -> None:
    session = book(booking.admin, process, at(day_ahead(), "10:00"))
    moved = change(booking.admin, session, starts_at=at(day_ahead(), "12:00"))
    (after_move,) = entries(booking, supervisors_feed(booking, process))
    booking.admin.post(f"/api/v1/sessions/{session['id']}/cancel")

    (after_cancel,) = entries(booking, supervisors_feed(booking, process))

    assert (after_move["sequence"], after_move["starts_at"]) == (1, moved["starts_at"])
    assert (after_cancel["sequence"], after_cancel["status"]) == (2, "CANCELLED")
    assert after_move["uid"] == after_cancel["uid"]


def test_letter_feed_and_page_tell_one_sequence(booking: Face, process: Json) -> None:
    """Whichever of them a calendar hears last, it is not taken for older than what the others told."""
    session = change(booking.admin, book(booking.admin, process, at(day_ahead())), starts_at=at(day_ahead(), "12:00"))
    (fed,) = entries(booking, participants_feed(booking, process))
    shown = vobject.readOne(file_on_the_page(booking, process, session)).vevent

    assert fed["sequence"] == told(booking, SessionRescheduled.name)[-1]["sequence"] == 1
    assert (shown.uid.value, shown.sequence.value) == (fed["uid"], "1")


@pytest.mark.parametrize("is_erased", [False, True])
def test_who_comes_back_counts_on_above_their_farewell(booking: Face, process: Json, is_erased: bool) -> None:
    session, people = book(booking.admin, process, at(day_ahead())), f"/api/v1/processes/{process['id']}/participants"
    leaving = process["participants"][0]
    returning = {name: leaving[name] for name in ("first_name", "last_name")} | {"email": leaving["email"].upper()}
    for first in (2, 4):
        booking.admin.delete(f"{people}/{leaving['id']}")
        if is_erased:
            booking.admin.delete(f"/api/v1/participants/{leaving['id']}")
        leaving = booking.admin.post(people, json=returning).json()
        again = process | {"participants": [leaving]}

        assert told(booking, "participant.changed.v1")[-1]["first_sequence"] == first
        (fed,) = entries(booking, participants_feed(booking, again))
        assert (fed["uid"], fed["sequence"]) == (f"{session['id']}@booking.test", first)
        assert vobject.readOne(file_on_the_page(booking, again, session)).vevent.sequence.value == str(first)

    (own,) = entries(booking, supervisors_feed(booking, process))
    assert own["sequence"] == 0


def test_who_joins_anew_counts_from_the_beginning(booking: Face, process: Json) -> None:
    book(booking.admin, process, at(day_ahead()))
    people = f"/api/v1/processes/{process['id']}/participants"
    booking.admin.delete(f"{people}/{process['participants'][0]['id']}")
    joined = booking.admin.post(people, json=a_person()).json()

    (fed,) = entries(booking, participants_feed(booking, process | {"participants": [joined]}))
    assert fed["sequence"] == 0


def test_entries_that_were_sent_before_go_on_where_their_letters_are(booking: Face, process: Json) -> None:
    session = book(booking.admin, process, at(day_ahead()))
    with booking.engine.begin() as connection:
        connection.execute(text("UPDATE session SET first_sequence = 1"))
    change(booking.admin, session, starts_at=at(day_ahead(), "12:00"))

    (entry,) = entries(booking, supervisors_feed(booking, process))

    assert entry["sequence"] == told(booking, SessionRescheduled.name)[-1]["sequence"] == 2


def test_a_single_meeting_is_a_file_that_opens_no_calendar_of_its_own(booking: Face, process: Json) -> None:
    session = book(booking.admin, process, at(day_ahead()))
    file = file_on_the_page(booking, process, session)

    assert set(vobject.readOne(file).contents) == {"version", "prodid", "calscale", "vevent"}
    assert file.count("BEGIN:VEVENT") == 1


def test_first_talks_are_in_the_supervisors_calendar(booking: Face, process: Json) -> None:
    wanted = {"supervisor_id": process["supervisor_id"], "name": "Aino Virtanen", "email": "aino@example.fi"}
    intake = booking.anonymous().post("/api/v1/intakes", json=wanted | {"starts_at": at(day_ahead())}).json()
    address = supervisors_feed(booking, process)

    def seen() -> list[tuple[str, str]]:
        return [(entry["summary"], entry["status"]) for entry in entries(booking, address)]

    assert seen() == [("Kartoittava keskustelu", "TENTATIVE")]
    booking.admin.post(f"/api/v1/intakes/{intake['id']}/confirm")
    assert seen() == [("Kartoittava keskustelu", "CONFIRMED")]
    assert "Virtanen" not in booking.anonymous().get(address).text
    booking.admin.post(f"/api/v1/intakes/{intake['id']}/cancel")
    assert seen() == [("Kartoittava keskustelu", "CANCELLED")]


def test_an_unchanged_calendar_is_not_sent_again(booking: Face, process: Json) -> None:
    session, address = book(booking.admin, process, at(day_ahead())), supervisors_feed(booking, process)
    first = booking.anonymous().get(address)
    known = {"If-None-Match": first.headers["etag"]}

    again = booking.anonymous().get(address, headers=known)
    change(booking.admin, session, starts_at=at(day_ahead(), "12:00"))
    changed = booking.anonymous().get(address, headers=known)

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert "private" in first.headers["cache-control"]


@pytest.mark.parametrize("made_up", ["x" * 43, "short", "x" * 42 + "%2F", "%00" * 43])
def test_a_made_up_address_leads_nowhere(booking: Face, made_up: str) -> None:
    assert booking.anonymous().get(f"/api/v1/calendar/{made_up}.ics").status_code == 404


def test_a_link_to_the_participants_page_opens_no_calendar_and_the_reverse(booking: Face, process: Json) -> None:
    with Database(booking.engine) as db:
        page = db.get_one(Participant, UUID(process["participants"][0]["id"])).page_link
    address = f"/api/v1/calendar/{secret(booking.settings.link_key, page)}.ics"
    own = participants_feed(booking, process).removeprefix("/api/v1/calendar/").removesuffix(".ics")

    assert booking.anonymous().get(address).status_code == 404
    assert booking.anonymous().get(f"/osallistuja/{own}").status_code == 404


def test_whoever_left_has_no_calendar_any_more(booking: Face, process: Json) -> None:
    person, address = process["participants"][0]["id"], participants_feed(booking, process)
    assert booking.anonymous().get(address).status_code == 200

    booking.admin.delete(f"/api/v1/processes/{process['id']}/participants/{person}")

    assert booking.anonymous().get(address).status_code == 404


def test_the_times_of_the_autumn_night_are_told_in_utc(booking: Face, process: Json) -> None:
    """The hour from 3 to 4 comes twice; no local time could say which one."""
    year = datetime.now(UTC).year + 1
    night = next(day for day in range(31, 24, -1) if datetime(year, 10, day, tzinfo=UTC).isoweekday() == 7)
    for instant in (f"{year}-10-{night}T00:30:00Z", f"{year}-10-{night}T03:30:00Z"):
        book(booking.admin, process, instant)

    told = booking.anonymous().get(supervisors_feed(booking, process)).text

    assert f"DTSTART:{year}10{night}T003000Z" in told
    assert f"DTSTART:{year}10{night}T033000Z" in told
