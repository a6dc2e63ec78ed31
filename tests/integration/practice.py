"""A practice as its people meet it: `tyonohjaus up` as a process of its own, its HTTP faces, and its mailbox."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from services.local.binaries import make_open_folder
from services.local.ports import free_port
from services.workdays import at_wall_clock, local, working_day_on_or_before
from tests.confidences import assert_confidential

T = TypeVar("T")

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
        for face in (self.booking, self.reporting, self.notifier):
            face.headers["Authorization"] = f"Bearer {token}"
        self.offset = timedelta(0)

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
        return [letter for letter in caught if to is None or to in letter["to"]]

    def next_letters(self, to: str, seen: int = 0) -> list[Json]:
        """The letters that this person gets after those that they have seen, as soon as there is one."""
        return eventually(lambda: self.letters(to)[seen:], what=f"a letter to {to}")

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


def four_free_ports() -> int:
    return free_port(neighbours=3)


def ports_of(folder: Path) -> int:
    """The first of four, the same at each start in a folder and in its copies: links in letters lead there."""
    kept = folder / "ports"
    if not kept.exists():
        make_open_folder(folder)
        kept.write_text(str(four_free_ports()))
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
