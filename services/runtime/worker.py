"""The worker of a service: one small parent that keeps its Celery consumer, its tick and its relay alive.

A consumer may run and yet be deaf. So the parent sends it heartbeats through Redis, and starts it again when it does
not answer; ``celery inspect ping`` would not do, for deaf workers answer it.
"""

import os
import secrets
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from services.core import heartbeat
from services.core.errors import OperatorError
from services.core.logs import configure, logger
from services.events import bus
from services.events.inbox import HEARTBEAT_FILE
from services.events.subscriptions import PUBLISHERS
from services.runtime.fork import freeze, preload
from services.runtime.processes import (
    Child,
    Program,
    StopRequested,
    has_ended,
    start,
    stop,
    stop_signals,
    supervise_all,
    wait_until,
)

log = logger(__name__)

PRELOADED = (
    *("services.events.relay", "services.runtime.consumer", "kombu.transport.redis", "encodings.idna"),
    *("celery.app.control", "celery.app.log", "celery.apps.worker", "celery.backends.base", "celery.loaders.app"),
    *("celery.worker.autoscale", "celery.worker.components", "celery.worker.consumer", "celery.worker.loops"),
    *("celery.worker.consumer.delayed_delivery", "celery.worker.pidbox", "celery.worker.strategy"),
    *("celery.concurrency.prefork", "celery.events.state"),
    *("billiard.heap", "billiard.popen_fork", "billiard.sharedctypes", "billiard.synchronize", "cffi.cparser"),
)
"""What every worker imports, also what Celery imports by its name only when it needs it."""

CONSUMER_PATIENCE_SECONDS = 25
"""Longer than the soft shutdown of `bus.worker_app`, so that a task under way ends or goes back into its queue."""
FIRST_SECONDS = 3.0
"""What ends within these was started wrongly, and starting it again would not help."""


class NoRedis(OperatorError):
    """REDIS_URL is not set."""


@dataclass
class Heartbeats:
    """The heartbeats of a consumer; those that Redis does not take say nothing about it."""

    poster: bus.EventPoster
    queue: str
    file: Path
    every_seconds: float = 15
    deaf_seconds: float = 120
    sent_at: float = 0.0
    seen: float = 0.0
    silent_since: float | None = None
    strikes: int = 0


def programs(service: str, concurrency: int, worker: str, answers: Path) -> list[Program]:
    """The consumer comes first."""
    relay = [_python(f"{service}-relay", "services.events.relay", service)] if service in PUBLISHERS else []
    return [
        _python(
            f"{service}-consumer",
            "services.runtime.consumer",
            *(service, str(concurrency), worker),
            environment=os.environ | {HEARTBEAT_FILE: str(answers)},
        ),
        _python(f"{service}-tick", f"services.{service}.periodic"),
        *relay,
    ]


def work(service: str, concurrency: int) -> None:
    """Run until SIGTERM or SIGINT."""
    configure(f"{service}-worker")
    if not (redis_url := os.environ.get("REDIS_URL")):
        raise NoRedis
    worker = secrets.token_hex(4)
    children: list[Child] = []
    with heartbeat.heartbeat_folder(service) as folder:
        answers = Path(folder, heartbeat.FILE)
        answers.touch()
        pulse = Heartbeats(bus.EventPoster(redis_url), bus.heartbeat_queue(service, worker), answers)
        try:
            with stop_signals():
                preload(f"services.{service}.worker", f"services.{service}.periodic", *PRELOADED)
                rehearse(service)
                children.extend(map(start, programs(service, concurrency, worker, answers)))
                wait_until(_after(FIRST_SECONDS), children, what=service, seconds=2 * FIRST_SECONDS)
                supervise_all(children, report_death, partial(check_heartbeat, pulse, children[0]))
        except StopRequested as asked:
            log.info("worker.stopping", signal=str(asked))
        finally:
            stop(children)


def rehearse(service: str) -> None:
    """Make what the children share before they are forked; nothing of it connects."""
    worker = import_module(f"services.{service}.worker")
    worker.app.loader.import_default_modules()
    worker.app.finalize()
    worker.engine()
    freeze()


def check_heartbeat(pulse: Heartbeats, consumer: Child) -> None:
    """Send the next heartbeat when it is time; a consumer that lets them pass is asked to end, then ended."""
    now = time.monotonic()
    if now < pulse.sent_at + pulse.every_seconds:
        return
    read_heartbeat(pulse, now)
    if pulse.silent_since is not None and now > pulse.silent_since + pulse.deaf_seconds and not has_ended(consumer):
        log.error("consumer.deaf", queue=pulse.queue, strikes=pulse.strikes)
        consumer.process.send_signal(signal.SIGKILL if pulse.strikes else signal.SIGTERM)
        pulse.silent_since, pulse.strikes = None, pulse.strikes + 1
    pulse.sent_at = now
    if not pulse.poster.try_to_post(bus.HEARTBEAT, to=pulse.queue, expires=pulse.every_seconds):
        pulse.silent_since = None


def read_heartbeat(pulse: Heartbeats, now: float) -> None:
    answered_at = pulse.file.stat().st_mtime
    if answered_at != pulse.seen:
        pulse.seen, pulse.silent_since, pulse.strikes = answered_at, None, 0
    elif pulse.silent_since is None:
        pulse.silent_since = now


def report_death(child: Child, pause: float) -> None:
    log.error("child.died", child=child.program.name, code=child.process.returncode, pause_seconds=pause)


def _after(seconds: float) -> Callable[[], bool]:
    then = time.monotonic() + seconds
    return lambda: time.monotonic() > then


def _python(name: str, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Program:
    return Program(
        name=name,
        module=module,
        arguments=arguments,
        environment=environment,
        patience_seconds=CONSUMER_PATIENCE_SECONDS,
    )
