"""The process that reads one foreign calendar: a question on its standard input, the busy times on its output."""

import json
import resource
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.calendar_busy import NotACalendar, TooManyAppointments, busy_times
from services.booking.calendar_download import CannotDownload, anywhere, download, is_public
from services.booking.slots import Span

CPU_SECONDS = 5
MEMORY = 1 << 30


def _answer(question: Mapping[str, Any]) -> Mapping[str, Any]:
    window = Span(datetime.fromisoformat(question["start"]), datetime.fromisoformat(question["end"]))
    try:
        file = download(question["url"], anywhere if question["private"] else is_public)
        found = busy_times(file, window, ZoneInfo(question["zone"]), question["own_domain"])
    except CannotDownload as error:
        return {"error": str(error)}
    except NotACalendar:
        return {"error": "not-a-calendar"}
    except TooManyAppointments:
        return {"error": "too-much"}
    return {"busy": [[span.start.isoformat(), span.end.isoformat()] for span in found]}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    json.dump(_answer(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
