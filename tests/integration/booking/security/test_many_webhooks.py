"""A tenth of all receivers hangs, and nobody waits for it. SOAK_SECONDS: 1,000 receivers, and within two seconds."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.booking.models.webhooks import Webhook
from services.booking.security.webhooks.sender import WebhookSender
from services.booking.settings import Settings
from services.core.database import transaction
from services.events import webhooks
from services.quickstart.ports import free_port
from tests.integration.conftest import Face, Json
from tests.support.diary import at, book, day_ahead, keep_hours
from tests.support.practice import eventually

IS_SOAKED = "SOAK_SECONDS" in os.environ
RECEIVERS = 1000 if IS_SOAKED else 100
WITHIN_SECONDS = 2 if IS_SOAKED else 10
"""Beside other tests only that nobody waits for those that hang, which takes 20 seconds."""


@pytest.fixture
def booking_settings(booking_settings: Settings) -> Settings:
    return booking_settings.model_copy(update={"webhooks_may_be_private": True})


@pytest.fixture
def receivers() -> Iterator[str]:
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", "tests.support.many_receivers", str(port)]) as process:
        address = f"http://127.0.0.1:{port}"
        eventually(lambda: answers(address), what="the receivers")
        yield address
        process.kill()


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/arrived", trust_env=False).is_success
    except httpx.TransportError:
        return False


def subscribe_all(booking: Face, address: str) -> None:
    with transaction(booking.engine) as db:
        now = db.scalar(text("SELECT now()"))
        for number in range(RECEIVERS):
            path = "hang" if number % 10 == 0 else "quick"
            told = {"url": f"{address}/{path}/{number}", "types": ["session.booked.v1"], "created_at": now}
            db.add(Webhook(role="admin", secret=webhooks.new_secret(), **told))


def test_a_tenth_that_hangs_keeps_nobody_else_waiting(
    booking: Face, booking_api: TestClient, a_process: Callable[..., Json], receivers: str
) -> None:
    process = a_process()
    keep_hours(booking_api, process["supervisor_id"])
    sender = WebhookSender(booking.engine, booking.settings)
    sender.keep_going()
    subscribe_all(booking, receivers)
    try:
        for events in (1, 2):  # what already hangs holds up nothing either
            booked_at = time.time()
            book(booking_api, process, at(day_ahead(13 + events)))
            arrived = eventually(partial(all_have, receivers, events), what="all that do not hang", seconds=30)
            late = max(times[-1] for times in arrived.values()) - booked_at
            assert late <= WITHIN_SECONDS, f"the last of {len(arrived)} came after {late:.2f} s"
            assert all(len(times) == events for times in arrived.values()), "each once"
    finally:
        sender.stop()


def all_have(address: str, events: int) -> dict[str, list[float]]:
    """When each was called, as soon as all that do not hang have so many events."""
    arrived: dict[str, list[float]] = httpx.get(f"{address}/arrived", trust_env=False).json()
    quick = RECEIVERS - len(range(0, RECEIVERS, 10))
    is_done = len(arrived) == quick and all(len(times) >= events for times in arrived.values())
    return arrived if is_done else {}
