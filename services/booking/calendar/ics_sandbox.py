"""Has a foreign calendar read by a process of its own, which may take some time and memory but no more.

A rule in a file can ask for a meeting every second for ever, and a server can send a byte a minute. The process knows
no secret of ours and ends with the answer, or is ended.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pydantic import HttpUrl

from services.booking.calendar.ics.entries import Doubt, Why
from services.booking.calendar.ics_busy_times import Practice, Reading
from services.booking.calendar.slots import Span

TIMEOUT_SECONDS = 60
ENVIRONMENT_PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "VIRTUAL_ENV")


class CalendarUnreadable(Exception):
    """Why the busy times are not known; its text is a code. The server may have said when to come again."""

    def __init__(self, code: str, retry_after: timedelta = timedelta(0)) -> None:
        super().__init__(code)
        self.retry_after = retry_after


def question(url: str, window: Span, practice: Practice, *, private: bool) -> str:
    """What the process is asked."""
    practice_told = {**practice._asdict(), "zone": practice.zone.key, "addresses": list(practice.addresses)}
    window_told = {"start": window.start.isoformat(), "end": window.end.isoformat()}
    return json.dumps({"url": url, **window_told, "practice": practice_told, "private": private})


def server_of(url: str) -> str:
    """The host of an address, the same for all its spellings: small letters, ASCII, without user and port."""
    return (HttpUrl(url).host or "").rstrip(".")


class CalendarReader:
    """One reading of a calendar, under way."""

    def __init__(self, url: str, window: Span, practice: Practice, *, private: bool = False) -> None:
        self.server = server_of(url)
        self._deadline = time.monotonic() + TIMEOUT_SECONDS
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the answer
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.booking.calendar.ics_sandbox_process"],
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in ENVIRONMENT_PASSED_ON if name in os.environ},
        )
        with suppress(BrokenPipeError), self._process.stdin as pipe:  # type: ignore[union-attr]  # it is a pipe
            pipe.write(question(url, window, practice, private=private).encode())

    @property
    def is_done(self) -> bool:
        return self._process.poll() is not None or time.monotonic() >= self._deadline

    def result(self) -> Reading:
        """The busy times, and what could not be read. Waits for them, and raises CannotRead."""
        try:
            answer = self._answer()
        finally:
            self.stop()
        if "error" in answer:
            raise CalendarUnreadable(answer["error"], timedelta(seconds=answer.get("retry_after", 0)))
        return Reading(
            [Span(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in answer["busy"]],
            [Doubt(at and datetime.fromisoformat(at), Why(why)) for at, why in answer["doubts"]],
        )

    def _answer(self) -> Mapping[str, Any]:
        try:
            ended = self._process.wait(max(self._deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            return {"error": "too-slow"}
        if ended != 0:
            return {"error": "too-much" if ended < 0 else "failed"}
        self._output.seek(0)
        answer: Mapping[str, Any] = json.load(self._output)
        return answer

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._output.close()
