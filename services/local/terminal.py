"""What the person at the terminal sees while everything starts and runs."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from services.local.processes import Child


def say(text: str, end: str = "\n") -> None:
    """Nobody may be listening any more: the terminal was closed, or the reader of a pipe has gone."""
    try:
        print(text, end=end, flush=True)  # noqa: T201
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def step(what: str) -> Iterator[None]:
    """One line of progress: what it is, and when it is there how long it took."""
    say(f"  {what} ... ", end="")
    began = time.monotonic()
    try:
        yield
    except BaseException:
        say("")
        raise
    say(f"{time.monotonic() - began:.1f} s")


def say_ready(told: Mapping[str, str], letters: str, announcement: Path, logins: Mapping[str, str]) -> None:
    """Where to look; in a demo also who can log in."""
    say("Ready.")
    say(f"  Pages      {told['BOOKING_URL']}")
    say(f"  Booking    {told['BOOKING_URL']}/docs")
    say(f"  Reporting  {told['REPORTING_URL']}/docs")
    say(f"  Notifier   {told['NOTIFIER_URL']}/docs")
    say(f"  Letters    {letters}")
    say(f"  Addresses and the administrator's secret: {announcement}")
    if logins:
        say(f"  Log in at {told['BOOKING_URL']}/kirjaudu as one of these; the link to do so comes by letter:")
        for address, who in logins.items():
            say(f"    {address}  {who}")
    say("Ctrl-C stops everything.")


def say_died(child: Child, pause: float) -> None:
    name, code, log = child.program.name, child.process.returncode, child.program.log
    say(f"{name} ended with code {code} and is started again in {pause:.1f} s; see {log}")
