"""The loop of a process that looks, again and again, whether something is due."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.core import clock, logs
from services.core.tracing import trace

log = logs.logger(__name__)

PAUSE_AFTER_TROUBLE = timedelta(seconds=1)
CLOCK_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Job:
    """Work that may run late, twice, or on several machines at once. It returns whether more waits already."""

    name: str
    every: timedelta
    run: Callable[[], bool]
    waits: bool = False
    """Whether its first turn comes after a pause, too: what code of before can't read may only be written then."""


def run_job(job: Job) -> timedelta:
    """Run a job and say how long to wait until its next turn. Trouble ends the turn, never the loop.

    A turn is a trace of its own: what it tells the other services can be followed from here.
    """
    with trace(None):
        try:
            return timedelta(0) if job.run() else job.every
        except Exception as trouble:
            log.warning("tick.trouble", job=job.name, kind=type(trouble).__name__, exc_info=True)
            return max(job.every, PAUSE_AFTER_TROUBLE)


def run_jobs(jobs: Sequence[Job], stop: threading.Event) -> None:
    due = {index: time.monotonic() + job.waits * job.every.total_seconds() for index, job in enumerate(jobs)}
    moved_by = clock.demo_offset()
    while not stop.wait(_pause(min(due.values()))):
        if (offset := clock.demo_offset()) != moved_by:
            moved_by, due = offset, dict.fromkeys(due, time.monotonic())
        for index, job in enumerate(jobs):
            if due[index] <= time.monotonic() and not stop.is_set():
                due[index] = time.monotonic() + run_job(job).total_seconds()


def _pause(until: float) -> float:
    """In demo mode the clock may be moved at any moment, and then every job has its turn."""
    pause = max(0.0, until - time.monotonic())
    return min(pause, CLOCK_LOOK_SECONDS) if clock.is_demo() else pause


def serve(process: str, jobs: Sequence[Job]) -> None:
    """Run jobs until SIGTERM or SIGINT; the job under way is finished first."""
    logs.configure(process)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    run_jobs(jobs, stop)
