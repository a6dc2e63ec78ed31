"""What the person at the terminal sees while everything starts and runs."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from services.runtime.processes import Child


def print_line(text: str, end: str = "\n") -> None:
    """Nobody may be listening any more: the terminal was closed, or the reader of a pipe has gone."""
    try:
        print(text, end=end, flush=True)  # noqa: T201
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def print_step(what: str) -> Iterator[None]:
    """One line of progress: what it is, and when it is there how long it took."""
    print_line(f"  {what} ... ", end="")
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print_line("")
        raise
    print_line(f"{time.monotonic() - began:.1f} s")


def print_ready(
    addresses: Mapping[str, str], letters: str, announcement: Path, logins: Mapping[str, str], setup_secret: str
) -> None:
    """Where to look; in a demo also who can log in, and elsewhere how to begin."""
    print_line("Ready.")
    print_line(f"  Pages      {addresses['BOOKING_URL']}")
    print_line(f"  API        {addresses['BOOKING_URL']}/docs")
    print_line(f"  Letters    {letters}")
    print_line(f"  Addresses and the administrator's secret: {announcement}")
    if logins:
        print_line(
            f"  Log in at {addresses['BOOKING_URL']}/kirjaudu as one of these; the link to do so comes by letter:"
        )
        for address, who in logins.items():
            print_line(f"    {address}  {who}")
    if setup_secret:
        print_line(f"  Set it up at {addresses['BOOKING_URL']}/kayttoonotto with this secret, good until that is done:")
        print_line(f"    {setup_secret}")
    print_line("Ctrl-C stops everything.")


def print_died(child: Child, pause: float) -> None:
    name, code, log = child.program.name, child.process.returncode, child.program.log
    print_line(f"{name} ended with code {code} and is started again in {pause:.1f} s; see {log}")
