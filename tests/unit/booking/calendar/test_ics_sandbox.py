"""The worst that a foreign calendar may be costs a little time and memory, and is told by a code."""

import gzip
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from typing import Any, NamedTuple

import pytest

from services.booking.calendar.ics_busy_times import Practice
from services.booking.calendar.ics_download import MAX_BYTES, download
from services.booking.calendar.ics_sandbox import CalendarReader, CalendarUnreadable, question, server_of
from services.booking.calendar.ics_sandbox_process import CPU_SECONDS, DOWNLOAD_SECONDS, MEMORY_BYTES
from services.booking.calendar.slots import Span
from services.finnish.workdays import HELSINKI
from tests.unit.booking.calendar.test_ics_download import Answer, says, served

WINDOW = Span(datetime(2026, 9, 1, tzinfo=UTC), datetime(2028, 9, 1, tzinfo=UTC))
HEAD, FOOT = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n", "END:VCALENDAR\r\n"
DAILY = "DTSTART:20260907T070000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n"
MEGABYTES = 150
"""What a process takes that reads a large calendar of a person. Some 60 of it are our own code."""


def event(told: str) -> str:
    return f"BEGIN:VEVENT\r\nUID:1@x\r\n{told}END:VEVENT\r\n"


def filled(line: str, around: Callable[[str], str]) -> Answer:
    """A calendar as large as one may be, full of one line."""
    empty = HEAD + around("") + FOOT
    return says(200, (HEAD + around(line * ((MAX_BYTES - len(empty)) // len(line))) + FOOT).encode())


def ruled(rule: str) -> Answer:
    return says(200, (HEAD + event(f"DTSTART:20260907T070000Z\r\nRRULE:{rule}\r\n") + FOOT).encode())


def without_end(request: BaseHTTPRequestHandler) -> None:
    says(200)(request)
    with suppress(OSError):
        for _ in range(400):
            request.wfile.write(b"x" * 1_000_000)


def dripping_headers(request: BaseHTTPRequestHandler) -> None:
    drip(request, b"HTTP/1.1 200 OK\r\nX-Drops: " + b"x" * 1000)


def dripping_body(request: BaseHTTPRequestHandler) -> None:
    says(200)(request)
    drip(request, HEAD.encode() * 100)


def drip(request: BaseHTTPRequestHandler, drops: bytes) -> None:
    with suppress(OSError):
        for drop in drops:
            request.wfile.write(bytes([drop]))
            time.sleep(0.5)


SMALL = "BEGIN:VEVENT\r\nDTSTART:20260908T070000Z\r\nDTEND:20260908T080000Z\r\nEND:VEVENT\r\n"
BOMBS: dict[str, Answer] = {
    "exceptions": filled("EXDATE:20260908T070000Z\r\nRDATE:20260909T080000Z\r\n", lambda lines: event(DAILY + lines)),
    "calendars in calendars": filled("BEGIN:VCALENDAR\r\n", str),
    "parts of parts": filled("BEGIN:X\r\n", event),
    "one line": filled(" 20260908T070000Z,\r\n", lambda lines: event(f"{DAILY}EXDATE:\r\n{lines}")),
    "nothing but line breaks": filled("\r", str),
    "small events": filled(SMALL, str),
    "series": filled(event(DAILY), str),
    "a packet of any size": says(200, gzip.compress(bytes(500_000_000), 1), Content_Encoding="gzip"),
    "a second that never comes": ruled("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"),
    "a body without end": without_end,
}


LAUNCHER = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "services.booking.calendar.ics_sandbox_process"], stderr=subprocess.DEVNULL)
taken = resource.getrusage(resource.RUSAGE_CHILDREN)
print(taken.ru_utime + taken.ru_stime, taken.ru_maxrss, file=sys.stderr)
"""
"""Between the tests and what is measured: the peak of a process begins with the memory of the one that started it."""


class Taken(NamedTuple):
    seconds: float
    kilobytes: float


def measured(url: str) -> tuple[str, Taken]:
    """What the process that reads this calendar says, and what it took."""
    asked = question(url, WINDOW, Practice(HELSINKI), private=True)
    ran = subprocess.run(
        [sys.executable, "-c", LAUNCHER], input=asked, capture_output=True, text=True, check=True, timeout=300
    )
    return ran.stdout, Taken(*map(float, ran.stderr.split()))


@pytest.mark.parametrize(
    "url",
    [
        "https://kesä.example/a.ics",
        "https://KESÄ.example./b.ics",
        "http://me:secret@kesä.example",
        "https://xn--kes-sla.example:8443/?c",
        "https://kes%C3%A4.example",
    ],
)
def test_a_server_is_the_same_however_its_name_is_written(url: str) -> None:
    assert server_of(url) == "xn--kes-sla.example"


@pytest.mark.parametrize("bomb", BOMBS)
def test_the_worst_file_takes_no_more_than_it_may(bomb: str) -> None:
    with served(BOMBS[bomb]) as url:
        said, taken = measured(url)

    assert taken.seconds < CPU_SECONDS + 1
    assert taken.kilobytes * 1024 < MEMORY_BYTES
    assert said == "" or json.loads(said), "ended, or with an answer"


def past_years(events: int) -> bytes:
    """A calendar that was kept for twelve years, some 400 bytes for each event, and one event ahead."""
    first = datetime(2014, 1, 1, tzinfo=UTC)
    ahead = "BEGIN:VEVENT\r\nUID:a@x\r\nDTSTART:20260908T070000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"
    past = (
        f"BEGIN:VEVENT\r\nDTSTART:{first + hours:%Y%m%dT%H%M%SZ}\r\nDTEND:{first + hours:%Y%m%dT%H}4500Z\r\n"
        f"DTSTAMP:20260101T000000Z\r\nUID:{number:032}@calendar.example\r\nCREATED:20140101T000000Z\r\n"
        f"DESCRIPTION:{'Keskustelimme työn tavoitteista. ' * 4}\r\nLAST-MODIFIED:20140101T000000Z\r\nSEQUENCE:1\r\n"
        f"LOCATION:Kirkkokatu 1\r\nSTATUS:CONFIRMED\r\nSUMMARY:Tapaaminen {number}\r\nTRANSP:OPAQUE\r\nEND:VEVENT\r\n"
        for number in range(events)
        for hours in [timedelta(hours=2 * number)]
    )
    return (HEAD + "".join(past) + ahead + FOOT).encode()


def test_twenty_megabytes_of_past_years_are_read() -> None:
    file = past_years(50_000)
    assert len(file) > 20_000_000

    with served(says(200, file)) as url:
        said, taken = measured(url)

    assert json.loads(said) == {"busy": [["2026-09-08T07:00:00+00:00", "2026-09-08T08:00:00+00:00"]], "doubts": []}
    assert taken.seconds < CPU_SECONDS
    assert taken.kilobytes < MEGABYTES * 1024


def test_a_server_that_sends_a_byte_now_and_then_is_not_waited_for() -> None:
    def outcome(answer: Answer) -> tuple[str, float]:
        began = time.monotonic()
        with served(answer) as url, pytest.raises(CalendarUnreadable) as refused:
            CalendarReader(url, WINDOW, Practice(HELSINKI), private=True).result()
        return str(refused.value), time.monotonic() - began

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, [dripping_headers, dripping_body]))

    assert [code for code, _ in outcomes] == ["too-slow", "too-slow"]
    assert max(seconds for _, seconds in outcomes) < DOWNLOAD_SECONDS + 15


def test_a_name_that_points_elsewhere_a_moment_later_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the first answer is judged, any later one would lead inside."""
    resolve, answers = socket.getaddrinfo, iter(["127.0.0.1"])

    def rebinding(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        return resolve(next(answers, "127.0.0.2") if host == "calendar.example" else host, port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with served(says(200, b"judged")) as url:
        by_name = url.replace("127.0.0.1", "calendar.example")
        assert download(by_name, allowed=ip_address("127.0.0.1").__eq__) == b"judged"
