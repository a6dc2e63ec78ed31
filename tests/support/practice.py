"""A practice as its people meet it: `tyonohjaus up` as a process of its own, its HTTP faces, and its mailbox."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any, TypeVar

import httpx
from sqlalchemy import Engine

from services.core import database
from services.core.sealing import carrying, sealing_of
from services.finnish.workdays import at_wall_clock, local, working_day_on_or_before
from services.quickstart import data_folder
from services.quickstart.binaries import make_open_folder
from services.quickstart.ports import is_free
from tests.support.confidences import assert_confidential

T = TypeVar("T")

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
OWN_PORTS = cycle(range(10_000 + 1000 * (WORKER % 10), 11_000 + 1000 * (WORKER % 10), 2))

Json = dict[str, Any]


def eventually(look: Callable[[], T | None], seconds: float = 60, what: str = "it") -> T:
    """The first thing that `look` finds, nothing empty, looking again and again until the deadline."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.1)
    return found


class Practice:
    """The three services and the mailbox, with an administrator's token in hand."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.booking = httpx.Client(base_url=environment["BOOKING_URL"], timeout=60)
        self.reporting = httpx.Client(base_url=environment["REPORTING_URL"], timeout=60)
        self.notifier = httpx.Client(base_url=environment["NOTIFIER_URL"], timeout=60)
        self.mailbox = httpx.Client(base_url=environment["MAILBOX_URL"], timeout=60)
        token = self.token(environment["ADMIN_CLIENT_ID"], environment["ADMIN_CLIENT_SECRET"])
        for application in (self.booking, self.reporting, self.notifier):
            application.headers["Authorization"] = f"Bearer {token}"
        clock = environment["DEMO_CLOCK_FILE"]
        self.offset = timedelta(seconds=int(Path(clock).read_text()) if clock else 0)

    def headers_of(self, supervisor_id: str) -> dict[str, str]:
        """By which a supervisor speaks, and not the administrator."""
        given = self.post(f"/api/v1/supervisors/{supervisor_id}/credentials", {})
        return {"Authorization": f"Bearer {self.token(given['client_id'], given['client_secret'])}"}

    def token(self, client_id: str, client_secret: str) -> str:
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        answer = self.booking.post("/oauth/token", data=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def post(self, path: str, body: Json, expected: int = 201) -> Json:
        answer = self.booking.post(path, json=body)
        assert answer.status_code == expected, f"{path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    def put(self, path: str, body: Any) -> Json:
        answer = self.booking.put(path, json=body)
        assert answer.status_code in (200, 201), f"{path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    def patch(self, path: str, body: Json) -> Json:
        etag = self.booking.get(path).headers["ETag"]
        answer = self.booking.patch(path, json=body, headers={"If-Match": etag})
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance_to(self, instant: datetime) -> None:
        """Move the practice's clock forward to a moment in its future."""
        seconds = int((instant - self.now()).total_seconds())
        assert seconds >= 0, "the clock never moves backwards"
        answer = self.booking.post("/demo/clock", json={"advance_seconds": seconds})
        assert answer.status_code == 200, answer.text
        self.offset += timedelta(seconds=seconds)

    def settle(self) -> None:
        """Wait until every event has been confirmed by its readers."""

        def confirmed() -> bool:
            figures = self.booking.get("/metrics").text.splitlines()
            return all(line.endswith(" 0.0") for line in figures if line.startswith("tyonohjaus_deliveries_open{"))

        eventually(confirmed, what="the confirmation of every event")

    def letters(self, to: str | None = None) -> list[Json]:
        """Caught letters, oldest first."""
        caught = list(reversed(self.mailbox.get("/api/messages").json()))
        return [letter for letter in caught if to is None or to in letter["to"].split(", ")]

    def next_letters(self, to: str, seen: int = 0) -> list[Json]:
        """The letters that this person gets after those that they have seen, as soon as there is one."""
        return eventually(lambda: self.letters(to)[seen:], what=f"a letter to {to}")

    def found_in_letters(self, to: str, pattern: str, seen: int = 0) -> re.Match[str]:
        """What the pattern finds in the newest letter that has it; others may come at the same time."""

        def found() -> re.Match[str] | None:
            texts = (self.letter(caught)["text"] for caught in reversed(self.letters(to)[seen:]))
            return next(filter(None, (re.search(pattern, text) for text in texts)), None)

        return eventually(found, what=f"a letter to {to} with {pattern}")

    def letter(self, caught: Json) -> Json:
        return dict(self.mailbox.get(f"/api/messages/{caught['id']}").json())

    def messages(self, **query: str) -> list[Json]:
        items: list[Json] = []
        parameters = {**query, "limit": "200"}
        while True:
            page = self.notifier.get("/api/v1/messages", params=parameters).json()
            items += page["items"]
            if not page["next_cursor"]:
                return items
            parameters["cursor"] = page["next_cursor"]


def environment_of(folder: Path) -> dict[str, str]:
    words = shlex.split((folder / "tyonohjaus.env").read_text())
    return dict(word.split("=", 1) for word in words)


def two_free_ports() -> int:
    """The first of two that no other worker and no server of ours takes between this look and the start."""
    return next(port for port in OWN_PORTS if all(is_free(port + offset) for offset in range(2)))


def ports_of(folder: Path) -> int:
    """The first of two, the same at each start in a folder and in its copies: links in letters lead there."""
    kept = folder / "ports"
    if not kept.exists():
        make_open_folder(folder)
        kept.write_text(str(two_free_ports()))
    return int(kept.read_text())


def without_story(folder: Path) -> Path:
    """A folder in which a demo has nothing to tell: only its clock can be moved."""
    make_open_folder(folder)
    (folder / "clock").write_text("-1")
    (folder / "story").touch()
    return folder


def next_working_morning(after: datetime) -> datetime:
    day = local(after).date() + timedelta(days=1)
    while working_day_on_or_before(day) != day:
        day += timedelta(days=1)
    return at_wall_clock(day, datetime.min.time().replace(hour=9, minute=30))


@contextmanager
def running_practice(folder: Path, *options: str, seconds: float = 400) -> Iterator[Practice]:
    """Start everything, and stop it as Ctrl-C does."""
    command = [sys.executable, "-m", "services.cli", "up", "--data", str(folder), "--port", str(ports_of(folder))]
    with (folder.parent / f"{folder.name}.out").open("wb") as output:
        process = subprocess.Popen([*command, *options], stdout=output, stderr=output, cwd=Path(__file__).parents[2])

    def announced() -> bool:
        assert process.poll() is None, (folder.parent / f"{folder.name}.out").read_text()
        return (folder / "tyonohjaus.env").exists()

    try:
        eventually(announced, seconds=seconds, what="the start")
        yield Practice(environment_of(folder))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(90)
    assert process.returncode in (0, 130, -signal.SIGINT), os.fspath(folder)
    assert_confidential(*folder.glob("logs/*"))


class Installation:
    """What runs in a folder, and can be stopped and started again."""

    practice: Practice

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.options, self._running = folder, options, ExitStack()

    def start(self) -> None:
        self.practice = self._running.enter_context(running_practice(self.folder, *self.options))

    def stop(self) -> None:
        self._running.close()

    @property
    def environment(self) -> dict[str, str]:
        """What its parts are told; servers have another port after each start."""
        return data_folder.environment(self.folder)

    def engine(self, service: str) -> Engine:
        known = self.environment
        own, shared = KEYS_OF[service]
        keys = {other: known[name] for other, name in shared.items()}
        engine = _engine(known[f"{service.upper()}_DATABASE_URL"])
        return carrying(engine, sealing_of(service, known[own], keys))


KEYS_OF = {
    "booking": ("NOTES_KEY", {"notifier": "BOOKING_NOTIFIER_KEY", "reporting": "BOOKING_REPORTING_KEY"}),
    "notifier": ("NOTIFIER_KEY", {"booking": "BOOKING_NOTIFIER_KEY", "reporting": "REPORTING_NOTIFIER_KEY"}),
    "reporting": ("REPORTING_KEY", {"booking": "BOOKING_REPORTING_KEY", "notifier": "REPORTING_NOTIFIER_KEY"}),
}
"""Of each service, its own keys and those that it shares with each other."""


@cache
def _engine(address: str) -> Engine:
    return database.engine(address, pool_size=2)


@contextmanager
def installed(folder: Path, *options: str) -> Iterator[Installation]:
    installation = Installation(folder, *options)
    installation.start()
    try:
        yield installation
    finally:
        installation.stop()
