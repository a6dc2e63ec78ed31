"""The supervisor's other calendars, on a server that changes, breaks and misbehaves."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.booking.calendar import ics_import
from services.booking.calendar.ics_refresh import LOOKS_EVERY_SECONDS, CalendarRefresh
from services.booking.settings import Settings
from tests.integration.conftest import Browser, Face
from tests.support.diary import Json, at, day_ahead, keep_hours, slots
from tests.support.practice import eventually

Make = Callable[..., Json]


@dataclass
class ForeignServer:
    """Somebody else's calendar, as it stands at this moment."""

    url: str
    status: int = 200
    file: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    #: whether /slow.ics is answered at last
    answers: threading.Event = field(default_factory=threading.Event)

    def holds(self, *events: str) -> None:
        told = "".join(
            f"BEGIN:VEVENT\r\nUID:{number}@x\r\n{event}\r\nEND:VEVENT\r\n" for number, event in enumerate(events)
        )
        self.file = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{told}END:VCALENDAR\r\n".encode()


@pytest.fixture
def foreign() -> Iterator[ForeignServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calendar.asked.append(self.path)
            if self.path == "/slow.ics":
                calendar.answers.wait(60)
            self.send_response(calendar.status)
            for name, value in calendar.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(calendar.file)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        calendar = ForeignServer(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=[0.02]).start()
        yield calendar
        calendar.answers.set()
        server.shutdown()


@pytest.fixture
def supervisor(booking_api: TestClient, a_supervisor: Make) -> Json:
    supervisor = a_supervisor()
    keep_hours(booking_api, supervisor["id"])
    return supervisor


@pytest.fixture
def private(booking_settings: Settings) -> Settings:
    """Settings that let a calendar lie in our own network, as the one of these tests does."""
    return booking_settings.model_copy(update={"calendars_may_be_private": True})


def add(booking: Face, supervisor: Json, url: str, expect: int = 201) -> Json:
    answer = booking.admin.post(f"/api/v1/supervisors/{supervisor['id']}/calendars", json={"url": url})
    assert answer.status_code == expect, answer.text
    body: Json = answer.json()
    return body


def only(booking: Face, supervisor: Json) -> Json:
    """What is said of the supervisor's only imported calendar."""
    (imported,) = booking.admin.get(f"/api/v1/supervisors/{supervisor['id']}/calendars").json()["items"]
    found: Json = imported
    return found


def meeting(day: date, start: str, end: str, *more: str) -> str:
    def stamp(clock: str) -> str:
        return at(day, clock).replace("-", "").replace(":", "")

    return "\r\n".join([f"DTSTART:{stamp(start)}", f"DTEND:{stamp(end)}", *more])


def test_busy_times_of_another_calendar_are_no_free_times(
    booking: Face, supervisor: Json, foreign: ForeignServer, private: Settings
) -> None:
    day = day_ahead()
    foreign.holds(meeting(day, "10:00", "11:00", "SUMMARY:Hammaslääkäri"))
    add(booking, supervisor, f"{foreign.url}/private-1b2c.ics")

    assert ics_import.refresh_next_calendar(booking.engine, private) is True
    assert ics_import.refresh_next_calendar(booking.engine, private) is False

    free = slots(booking.admin, supervisor["id"], day)
    assert at(day, "09:00") in free
    assert at(day, "09:15") not in free
    assert at(day, "11:00") in free
    assert only(booking, supervisor)["last_error"] is None
    assert only(booking, supervisor)["fetched_at"] is not None


def test_a_change_there_is_seen_at_the_next_reading(
    booking: Face, supervisor: Json, foreign: ForeignServer, private: Settings, clock: Callable[[timedelta], None]
) -> None:
    day = day_ahead()
    foreign.holds(meeting(day, "10:00", "11:00"))
    add(booking, supervisor, foreign.url)
    ics_import.refresh_next_calendar(booking.engine, private)
    foreign.holds(meeting(day, "13:00", "14:00"))

    assert ics_import.refresh_next_calendar(booking.engine, private) is False
    clock(timedelta(minutes=61))
    assert ics_import.refresh_next_calendar(booking.engine, private) is True

    free = slots(booking.admin, supervisor["id"], day)
    assert at(day, "10:00") in free
    assert at(day, "13:00") not in free


@pytest.mark.parametrize(
    ("status", "file", "error"),
    [(404, b"", "http-404"), (503, b"", "http-503"), (200, b"<html>Kirjaudu</html>", "not-a-calendar")],
)
def test_a_dead_calendar_keeps_what_it_said_and_is_tried_after_growing_pauses(
    booking: Face,
    supervisor: Json,
    foreign: ForeignServer,
    private: Settings,
    clock: Callable[[timedelta], None],
    status: int,
    file: bytes,
    error: str,
) -> None:
    day = day_ahead()
    foreign.holds(meeting(day, "10:00", "11:00"))
    add(booking, supervisor, foreign.url)
    ics_import.refresh_next_calendar(booking.engine, private)
    good, foreign.status, foreign.file = foreign.file, status, file
    pauses = []
    for days in (1, 5, 10):
        clock(timedelta(days=days))
        ics_import.refresh_next_calendar(booking.engine, private)
        told = only(booking, supervisor)
        since = datetime.fromisoformat(told["refresh_at"]) - datetime.fromisoformat(told["fetched_at"])
        pauses.append(round((since - timedelta(days=days)) / timedelta(hours=1)))

    assert (told["failures"], told["last_error"]) == (3, error)
    assert pauses == [1, 2, 4]
    assert at(day, "10:00") not in slots(booking.admin, supervisor["id"], day)

    foreign.status, foreign.file = 200, good
    clock(timedelta(days=11))
    ics_import.refresh_next_calendar(booking.engine, private)
    assert (only(booking, supervisor)["failures"], only(booking, supervisor)["last_error"]) == (0, None)


def test_a_calendar_in_our_own_network_is_not_read(booking: Face, supervisor: Json, foreign: ForeignServer) -> None:
    add(booking, supervisor, foreign.url)

    ics_import.refresh_next_calendar(booking.engine, booking.settings)

    assert only(booking, supervisor)["last_error"] == "address-not-allowed"
    assert foreign.asked == []


def test_a_series_without_gaps_leaves_no_free_time_and_is_told(
    booking: Face, supervisor: Json, foreign: ForeignServer, private: Settings
) -> None:
    day = day_ahead()
    foreign.holds(meeting(day, "10:00", "11:00", "RRULE:FREQ=SECONDLY"))
    add(booking, supervisor, foreign.url)

    ics_import.refresh_next_calendar(booking.engine, private)

    told = only(booking, supervisor)
    assert (told["last_error"], told["unread"]) == (None, 1)
    assert told["doubts"] == [{"at": at(day, "10:00"), "why": "too-many"}]
    assert at(day, "14:00") not in slots(booking.admin, supervisor["id"], day)


def test_what_could_not_be_read_is_told_where_the_supervisor_looks(
    booking: Face, at_desk: Callable[[Json], Browser], supervisor: Json, foreign: ForeignServer, private: Settings
) -> None:
    day = day_ahead()
    unknown = meeting(day, "10:00", "11:00").replace("DTSTART:", "DTSTART;TZID=Mars/Olympus:").replace("Z\r\n", "\r\n")
    foreign.holds(unknown, "SUMMARY:Hammaslääkäri", meeting(day, "14:00", "15:00", "RRULE:FREQ=OFTEN"))
    add(booking, supervisor, foreign.url)
    desk = at_desk(supervisor)

    ics_import.refresh_next_calendar(booking.engine, private)

    told = only(booking, supervisor)
    assert (told["unread"], [doubt["why"] for doubt in told["doubts"]]) == (3, ["unknown-zone", "damaged", "damaged"])
    page, today = desk.get("/tyo/asetukset/kalenterit").text, desk.get("/tyo").text
    assert "3 merkintää ei saatu luettua kokonaan." in page
    assert "klo 14.00: merkintä on vioittunut" in page.replace("\u00a0", " ")
    assert "aika ei selviä: merkintä on vioittunut" in page
    assert "aikavyöhyke on tuntematon" in page
    assert "Hammaslääkäri" not in page
    assert "3 merkintää on tarkistettava" in today

    foreign.holds(meeting(day, "10:00", "11:00"))
    with booking.engine.begin() as connection:
        connection.execute(text("UPDATE calendar_import SET refresh_at = now()"))
    ics_import.refresh_next_calendar(booking.engine, private)
    assert "merkintää on tarkistettava" not in desk.get("/tyo").text


def test_whether_declined_invitations_take_time_is_the_supervisors_choice(
    booking: Face, at_desk: Callable[[Json], Browser], supervisor: Json, foreign: ForeignServer, private: Settings
) -> None:
    day = day_ahead()
    declined = f"ATTENDEE;PARTSTAT=DECLINED:mailto:{supervisor['email']}"
    foreign.holds(meeting(day, "10:00", "11:00", "ORGANIZER:mailto:pomo@example.fi", declined))
    imported = add(booking, supervisor, foreign.url)
    desk = at_desk(supervisor)

    ics_import.refresh_next_calendar(booking.engine, private)
    assert at(day, "10:00") in slots(booking.admin, supervisor["id"], day)
    assert "Kutsut, joista olet kieltäytynyt, eivät varaa aikaa." in desk.get("/tyo/asetukset/kalenterit").text

    desk.post(f"/tyo/asetukset/kalenterit/{imported['id']}/kieltaytyneet", data={"varaavat": "1"})
    ics_import.refresh_next_calendar(booking.engine, private)
    assert at(day, "10:00") not in slots(booking.admin, supervisor["id"], day)
    assert "Myös kutsut, joista olet kieltäytynyt, varaavat ajan." in desk.get("/tyo/asetukset/kalenterit").text


def test_another_supervisors_choice_is_not_mine(
    booking: Face, at_desk: Callable[[Json], Browser], supervisor: Json, a_supervisor: Make
) -> None:
    imported = add(booking, supervisor, "https://example.fi/a.ics")
    path = f"/tyo/asetukset/kalenterit/{imported['id']}/kieltaytyneet"

    assert at_desk(a_supervisor()).post(path, data={"varaavat": "1"}).status_code == 404
    assert only(booking, supervisor)["declined_are_busy"] is False


@pytest.mark.parametrize(("asked_for", "hours"), [("120", 1), ("10800", 3), ("9999999", 24)])
def test_a_server_that_asks_for_patience_gets_it(
    booking: Face, supervisor: Json, foreign: ForeignServer, private: Settings, asked_for: str, hours: int
) -> None:
    foreign.status, foreign.headers = 429, {"Retry-After": asked_for}
    began = datetime.fromisoformat(add(booking, supervisor, foreign.url)["refresh_at"])

    ics_import.refresh_next_calendar(booking.engine, private)

    told = only(booking, supervisor)
    assert told["last_error"] == "http-429"
    assert round((datetime.fromisoformat(told["refresh_at"]) - began) / timedelta(hours=1)) == hours


def test_a_slow_server_holds_up_no_other(
    booking: Face, supervisor: Json, foreign: ForeignServer, private: Settings
) -> None:
    """The quick one is read before the slow ones, which came first and are of one server, are given up."""
    day = day_ahead()
    foreign.holds(meeting(day, "10:00", "11:00"))
    slow = ("127.0.0.1", "127.1", "somebody@127.0.0.1", "127.0.0.1", "2130706433")
    for spelling in slow:
        add(booking, supervisor, f"{foreign.url.replace('127.0.0.1', spelling)}/slow.ics")
    add(booking, supervisor, f"{foreign.url.replace('127.0.0.1', 'localhost')}/quick.ics")
    refresh = CalendarRefresh(booking.engine, private)

    def imported() -> list[Json]:
        refresh.go_on()
        items: list[Json] = booking.admin.get(f"/api/v1/supervisors/{supervisor['id']}/calendars").json()["items"]
        return items

    try:
        eventually(lambda: any(one["fetched_at"] for one in imported()), what="the quick one")
        assert [one["failures"] for one in imported()] == [0] * (len(slow) + 1)
        assert at(day, "10:00") not in slots(booking.admin, supervisor["id"], day)
    finally:
        foreign.answers.set()
        refresh.stop()


def test_many_new_calendars_of_one_server_follow_one_another(
    booking: Face, supervisor: Json, foreign: ForeignServer, private: Settings
) -> None:
    """Two at a time, and the next as soon as one is read."""
    foreign.holds(meeting(day_ahead(), "10:00", "11:00"))
    for number in range(5):
        add(booking, supervisor, f"{foreign.url}?{number}")
    refresh = CalendarRefresh(booking.engine, private)

    def unread() -> int:
        refresh.go_on()
        items = booking.admin.get(f"/api/v1/supervisors/{supervisor['id']}/calendars").json()["items"]
        return sum(one["fetched_at"] is None for one in items)

    try:
        eventually(lambda: not unread(), seconds=LOOKS_EVERY_SECONDS - 5, what="all five read")
    finally:
        refresh.stop()


def test_a_removed_calendar_gives_its_times_back(
    booking: Face, supervisor: Json, foreign: ForeignServer, private: Settings
) -> None:
    day = day_ahead()
    foreign.holds(meeting(day, "10:00", "11:00"))
    imported = add(booking, supervisor, foreign.url)
    ics_import.refresh_next_calendar(booking.engine, private)

    path = f"/api/v1/supervisors/{supervisor['id']}/calendars/{imported['id']}"
    assert booking.admin.delete(path).status_code == 204

    assert at(day, "10:00") in slots(booking.admin, supervisor["id"], day)
    assert booking.admin.delete(path).status_code == 404


@pytest.mark.parametrize("url", ["", "calendar.ics", "ftp://example.fi/a.ics", "file:///etc/passwd", "https://"])
def test_only_web_addresses_are_taken(booking: Face, supervisor: Json, url: str) -> None:
    problem = add(booking, supervisor, url, expect=422)

    assert [error["field"] for error in problem["errors"]] == ["url"]


def test_addresses_as_calendar_programs_write_them_are_understood(booking: Face, supervisor: Json) -> None:
    assert add(booking, supervisor, "webcal://example.fi/a.ics")["url"] == "https://example.fi/a.ics"


def test_there_are_only_so_many_calendars(booking: Face, supervisor: Json) -> None:
    for number in range(10):
        add(booking, supervisor, f"https://example.fi/{number}.ics")

    add(booking, supervisor, "https://example.fi/one-more.ics", expect=409)
