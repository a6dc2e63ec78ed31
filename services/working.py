"""The worker of a service: one small parent that keeps its Celery consumer, its tick and its relay alive."""

import secrets
import sys
from functools import partial

from services.events.bus import worker_arguments
from services.events.subscriptions import PUBLISHERS
from services.local.processes import Child, Program, StopAsked, start, stop, stop_signals, watch
from services.log import configure, logger

log = logger(__name__)

CELERY_PATIENCE_SECONDS = 25
"""Longer than the soft shutdown of `bus.worker_app`, so that a task under way ends or goes back into its queue."""


def programs(service: str, concurrency: int) -> list[Program]:
    python = partial(_python, service)
    consumer = python("celery", *worker_arguments(service, concurrency, secrets.token_hex(4)))
    tick = python("tick", f"services.{service}.tick")
    relay = [python("relay", "services.events.relay", service)] if service in PUBLISHERS else []
    return [consumer, tick, *relay]


def work(service: str, concurrency: int) -> None:
    """Run until SIGTERM or SIGINT."""
    configure(service)
    children: list[Child] = []
    try:
        with stop_signals():
            children.extend(start(program) for program in programs(service, concurrency))
            watch(children, report_death)
    except StopAsked as asked:
        log.info("worker.stopping", signal=str(asked))
    finally:
        stop(children)


def report_death(child: Child, pause: float | None) -> None:
    log.error("child.died", child=child.program.name, code=child.process.returncode, pause_seconds=pause)


def _python(service: str, part: str, module: str, *arguments: str) -> Program:
    return Program(
        name=f"{service}-{part}",
        arguments=[sys.executable, "-m", module, *arguments],
        patience_seconds=CELERY_PATIENCE_SECONDS,
    )
