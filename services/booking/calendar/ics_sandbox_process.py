"""The process that reads one foreign calendar: a question on its standard input, the busy times on its output."""

import json
import os
import resource
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.calendar.ics.lines import CutOff, NotACalendar
from services.booking.calendar.ics_busy_times import Practice, busy_times
from services.booking.calendar.ics_download import CannotDownload, download
from services.booking.calendar.slots import Span
from services.web.security.public_addresses import is_any_address, is_public_address

DOWNLOAD_SECONDS = 20
CPU_SECONDS = 15
MEMORY_BYTES = 400 << 20


def _answer(question: Mapping[str, Any]) -> Mapping[str, Any]:
    window = Span(datetime.fromisoformat(question["start"]), datetime.fromisoformat(question["end"]))
    practice = Practice(**question["practice"] | {"zone": ZoneInfo(question["practice"]["zone"])})
    try:
        with _no_longer_than(DOWNLOAD_SECONDS):
            file = download(question["url"], is_any_address if question["private"] else is_public_address)
        busy, doubts = busy_times(file, window, practice)
    except CannotDownload as error:
        return {"error": str(error), "retry_after": error.retry_after.total_seconds()}
    except NotACalendar:
        return {"error": "not-a-calendar"}
    except CutOff:
        return {"error": "cut-off"}
    except MemoryError:
        return {"error": "too-much"}
    return {
        "busy": [[span.start.isoformat(), span.end.isoformat()] for span in busy],
        "doubts": [[doubt.at and doubt.at.isoformat(), doubt.why] for doubt in doubts],
    }


@contextmanager
def _no_longer_than(seconds: int) -> Iterator[None]:
    """A server can send a byte a minute."""

    def give_up(*_: object) -> None:
        raise CannotDownload("too-slow")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def main() -> None:
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    json.dump(_answer(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
