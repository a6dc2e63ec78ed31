"""The supervisor's other calendars, on a server that changes, breaks and misbehaves."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fastapi.testclient import TestClient

from services.booking import calendar_import
from services.booking.settings import Settings
from tests.integration.conftest import Face
from tests.integration.diary import Json, at, day_ahead, keep_hours, slots

Make = Callable[..., Json]


@dataclass
class ForeignServer:
    """Somebody else's calendar, as it stands at this moment."""

    url: str
    status: int = 200
    file: bytes = b""
    asked: list[str] = field(default_factory=list)

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
            self.send_response(calendar.status)
            self.end_headers()
            self.wfile.write(calendar.file)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        calendar = ForeignServer(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=[0.02]).start()
        yield calendar
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

    assert calendar_import.refresh_due(booking.engine, private) is True
    assert calendar_import.refresh_due(booking.engine, private) is False

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
    calendar_import.refresh_due(booking.engine, private)
    foreign.holds(meeting(day, "13:00", "14:00"))

    assert calendar_import.refresh_due(booking.engine, private) is False
    clock(timedelta(minutes=61))
    assert calendar_import.refresh_due(booking.engine, private) is True

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
    calendar_import.refresh_due(booking.engine, private)
    good, foreign.status, foreign.file = foreign.file, status, file
    pauses = []
    for days in (1, 5, 10):
        clock(timedelta(days=days))
        calendar_import.refresh_due(booking.engine, private)
        told = only(booking, supervisor)
        since = datetime.fromisoformat(told["refresh_at"]) - datetime.fromisoformat(told["fetched_at"])
        pauses.append(round((since - timedelta(days=days)) / timedelta(hours=1)))

    assert (told["failures"], told["last_error"]) == (3, error)
    assert pauses == [1, 2, 4]
    assert at(day, "10:00") not in slots(booking.admin, supervisor["id"], day)

    foreign.status, foreign.file = 200, good
    clock(timedelta(days=11))
    calendar_import.refresh_due(booking.engine, private)
    assert (only(booking, supervisor)["failures"], only(booking, supervisor)["last_error"]) == (0, None)


def test_a_calendar_in_our_own_network_is_not_read(booking: Face, supervisor: Json, foreign: ForeignServer) -> None:
    add(booking, supervisor, foreign.url)

    calendar_import.refresh_due(booking.engine, booking.settings)

    assert only(booking, supervisor)["last_error"] == "address-not-allowed"
    assert foreign.asked == []


def test_a_calendar_that_never_ends_is_ended(
    booking: Face, supervisor: Json, foreign: ForeignServer, private: Settings
) -> None:
    day = day_ahead()
    foreign.holds(meeting(day, "10:00", "11:00", "RRULE:FREQ=SECONDLY"))
    add(booking, supervisor, foreign.url)
    began = time.monotonic()

    calendar_import.refresh_due(booking.engine, private)

    # On a busy machine its time is over before its share of the processor is.
    assert only(booking, supervisor)["last_error"] in ("too-much", "too-slow")
    assert time.monotonic() - began < 60


def test_a_removed_calendar_gives_its_times_back(
    booking: Face, supervisor: Json, foreign: ForeignServer, private: Settings
) -> None:
    day = day_ahead()
    foreign.holds(meeting(day, "10:00", "11:00"))
    imported = add(booking, supervisor, foreign.url)
    calendar_import.refresh_due(booking.engine, private)

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
