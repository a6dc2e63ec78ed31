"""The worst that a foreign calendar may be costs a little time and memory, and is told by a code."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from typing import Any, NamedTuple

import pytest

from services.booking.calendar_download import LARGEST, download
from services.booking.calendar_reader import SECONDS, CannotRead, read
from services.booking.calendar_reading import CPU_SECONDS
from services.booking.slots import Span
from services.workdays import HELSINKI
from tests.unit.test_calendar_download import Answer, says, served

WINDOW = Span(datetime(2026, 9, 1, tzinfo=UTC), datetime(2028, 9, 1, tzinfo=UTC))
HEAD, FOOT = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n", "END:VCALENDAR\r\n"
DAILY = "DTSTART:20260907T070000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n"
MEGABYTES = 250
"""What a process that reads a calendar may take. Some 70 of it are our own code."""


def event(told: str) -> str:
    return f"BEGIN:VEVENT\r\nUID:1@x\r\n{told}END:VEVENT\r\n"


def filled(line: str, around: Callable[[str], str]) -> Answer:
    """A calendar as large as one may be, full of one line."""
    empty = HEAD + around("") + FOOT
    return says(200, (HEAD + around(line * ((LARGEST - len(empty)) // len(line))) + FOOT).encode())


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


BOMBS: dict[str, Answer] = {
    "exceptions": filled("EXDATE:20260908T070000Z\r\nRDATE:20260909T080000Z\r\n", lambda lines: event(DAILY + lines)),
    "calendars in calendars": filled("BEGIN:VCALENDAR\r\n", str),
    "a second that never comes": ruled("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"),
    "a body without end": without_end,
}


LAUNCHER = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "services.booking.calendar_reading"], stderr=subprocess.DEVNULL)
taken = resource.getrusage(resource.RUSAGE_CHILDREN)
print(taken.ru_utime + taken.ru_stime, taken.ru_maxrss, file=sys.stderr)
"""
"""Between the tests and what is measured: the peak of a process begins with the memory of the one that started it."""


class Taken(NamedTuple):
    seconds: float
    kilobytes: float


def measured(url: str) -> tuple[str, Taken]:
    """What the process that reads this calendar says, and what it took."""
    window = {"start": WINDOW.start.isoformat(), "end": WINDOW.end.isoformat(), "zone": HELSINKI.key}
    question = json.dumps({"url": url, **window, "own_domain": "", "private": True})
    ran = subprocess.run(
        [sys.executable, "-c", LAUNCHER], input=question, capture_output=True, text=True, check=True, timeout=300
    )
    return ran.stdout, Taken(*map(float, ran.stderr.split()))


@pytest.mark.parametrize("bomb", BOMBS)
def test_the_worst_file_takes_no_more_than_it_may(bomb: str) -> None:
    with served(BOMBS[bomb]) as url:
        said, taken = measured(url)

    assert taken.seconds < CPU_SECONDS + 1
    assert taken.kilobytes < MEGABYTES * 1024
    assert said == "" or json.loads(said), "ended, or with an answer"


def test_a_server_that_sends_a_byte_now_and_then_is_not_waited_for() -> None:
    def outcome(answer: Answer) -> tuple[str, float]:
        began = time.monotonic()
        with served(answer) as url, pytest.raises(CannotRead) as refused:
            read(url, WINDOW, HELSINKI, private=True)
        return str(refused.value), time.monotonic() - began

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, [dripping_headers, dripping_body]))

    assert [code for code, _ in outcomes] == ["too-slow", "too-slow"]
    assert max(seconds for _, seconds in outcomes) < SECONDS + 15


def test_a_name_that_points_elsewhere_a_moment_later_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the first answer is judged, any later one would lead inside."""
    resolve, answers = socket.getaddrinfo, iter(["127.0.0.1"])

    def rebinding(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        return resolve(next(answers, "127.0.0.2") if host == "calendar.example" else host, port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with served(says(200, b"judged")) as url:
        by_name = url.replace("127.0.0.1", "calendar.example")
        assert download(by_name, allowed=ip_address("127.0.0.1").__eq__) == b"judged"
