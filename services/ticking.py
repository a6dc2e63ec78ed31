"""The loop of a process that looks, again and again, whether something is due."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services import log as logs
from services.log import logger
from services.trace import trace

log = logger(__name__)

PAUSE_AFTER_TROUBLE = timedelta(seconds=1)


@dataclass(frozen=True)
class Job:
    """Work that may run late, twice, or on several machines at once. It returns whether more waits already."""

    name: str
    every: timedelta
    run: Callable[[], bool]


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
    due = dict.fromkeys(range(len(jobs)), time.monotonic())
    while not stop.wait(max(0.0, min(due.values()) - time.monotonic())):
        for index, job in enumerate(jobs):
            if due[index] <= time.monotonic() and not stop.is_set():
                due[index] = time.monotonic() + run_job(job).total_seconds()


def serve(process: str, jobs: Sequence[Job]) -> None:
    """Run jobs until SIGTERM or SIGINT; the job under way is finished first."""
    logs.configure(process)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    run_jobs(jobs, stop)
