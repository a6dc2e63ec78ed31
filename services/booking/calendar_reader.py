"""Has a foreign calendar read by a process of its own, which may take some time and memory but no more.

A rule in a file can ask for a meeting every second for ever, and a server can send a byte a minute. The process knows
no secret of ours and ends with the answer, or is ended.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.slots import Span

SECONDS = 20
PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "VIRTUAL_ENV")


class CannotRead(Exception):
    """Why the busy times are not known; its text is a code."""


def read(url: str, window: Span, zone: ZoneInfo, *, own_domain: str = "", private: bool = False) -> list[Span]:
    """The busy times of the calendar at this address. Raises CannotRead."""
    question = {
        "url": url,
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "zone": zone.key,
        "own_domain": own_domain,
        "private": private,
    }
    answer = _ask(json.dumps(question))
    if "error" in answer:
        raise CannotRead(answer["error"])
    return [Span(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in answer["busy"]]


def _ask(question: str) -> Mapping[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "services.booking.calendar_reading"],
            input=question,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": "too-slow"}
    answer: Mapping[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {"error": "too-much"}
    return answer
