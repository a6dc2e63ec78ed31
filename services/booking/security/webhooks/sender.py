"""The sender: a thread of booking's tick that feeds what is new and makes the tries that are due, side by side.

While there is nothing to send it waits in PostgreSQL, and imports nothing that sends.
"""

import asyncio
import atexit
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from typing import TypeVar

from sqlalchemy import Engine

from services.booking.security.webhooks import deliveries, ending, feed
from services.booking.security.webhooks.deliveries import Answer, Claimed
from services.booking.settings import Settings
from services.core.database import transaction
from services.core.logs import logger

log = logger(__name__)

T = TypeVar("T")

LOOKS_EVERY_SECONDS = 0.25
SIDE_BY_SIDE = 500
"""Tries under way. A tenth of a thousand receivers may hang, each with some of them, and the others pass."""
GATHERED_SECONDS = 0.02
"""Answers that come together are written down together."""
STOPS_WITHIN_SECONDS = 2


class WebhookSender:
    """Sends until it is stopped. What it had in hand then is due again when its lease is over."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine, self._settings = engine, settings
        self._stopping, self._sending = threading.Event(), threading.Lock()
        self._over_at = float("inf")
        self._thread: threading.Thread | None = None
        atexit.register(self.stop)

    def keep_going(self) -> bool:
        """Start the thread, and start it again if it died."""
        if not self._stopping.is_set() and not (self._thread and self._thread.is_alive()):
            self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
            self._thread.start()
        return False

    def stop(self) -> None:
        """Begin nothing more, and wait a moment for what is under way."""
        self._over_at = time.monotonic() + STOPS_WITHIN_SECONDS
        self._stopping.set()
        self._sending.acquire(timeout=2 * STOPS_WITHIN_SECONDS)

    def _run(self) -> None:
        with transaction(self._engine) as db:
            ending.end_of_former_admins(db, self._settings)
        while not self._stopping.wait(LOOKS_EVERY_SECONDS):
            try:
                self._await_work()
                self.send_due()
            except Exception as trouble:
                log.warning("webhooks.trouble", kind=type(trouble).__name__, exc_info=True)

    def _await_work(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(deliveries.AWAIT_WORK)

    def send_due(self) -> None:
        """Feed what is new, and try what is due until nothing is."""
        with self._sending:
            if first := self._next(SIDE_BY_SIDE):
                with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                    runner.run(self._send_all(first))

    async def _send_all(self, claimed: list[Claimed]) -> None:
        """Until nothing is under way and nothing more is due, or it was stopped and some have not answered yet."""
        under_way: set[asyncio.Task[Answer]] = set()
        with ThreadPoolExecutor(1, "webhooks-db") as database:
            while (claimed or under_way) and time.monotonic() < self._over_at:
                under_way |= {asyncio.create_task(_try(one, self._settings)) for one in claimed}
                under_way = await self._settle_some(database, under_way)
                claimed = await _in(database, partial(self._next, SIDE_BY_SIDE - len(under_way)))

    def _next(self, most: int) -> list[Claimed]:
        if self._stopping.is_set():
            return []
        while feed.feed_next(self._engine):
            pass
        return deliveries.claim_due(self._engine, most) if most else []

    async def _settle_some(
        self, database: ThreadPoolExecutor, under_way: set[asyncio.Task[Answer]]
    ) -> set[asyncio.Task[Answer]]:
        """Wait for answers a moment, and write down those that came; the tries that are still under way."""
        await asyncio.wait(under_way, timeout=LOOKS_EVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(GATHERED_SECONDS)
        done = {task for task in under_way if task.done()}
        if done:
            answers = [task.result() for task in done]
            await _in(database, partial(deliveries.settle, self._engine, self._settings, answers))
        return under_way - done


async def _try(claimed: Claimed, settings: Settings) -> Answer:
    answer: Answer = await import_module("services.booking.security.webhooks.post").post(claimed, settings)
    log.info(
        "webhook.tried",
        webhook_id=str(claimed.webhook_id),
        event_id=str(claimed.event_id),
        attempt=claimed.attempt,
        status=answer.status,
        error=answer.error,
    )
    return answer


async def _in(executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(executor, work)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415 -- not made for Windows, and megabytes
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
