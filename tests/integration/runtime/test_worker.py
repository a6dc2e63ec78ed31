"""A consumer that runs but is deaf is noticed and started again; one that is well is left alone."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.core.heartbeat import is_healthy
from services.core.secrets import fresh_keys
from services.events import bus
from services.events.inbox import HEARTBEAT_FILE
from services.runtime.processes import Child, Program, has_ended, start, stop, supervise
from services.runtime.worker import Heartbeats, check_heartbeat
from tests.conftest import FreshDatabase

QUEUE = "booking.heartbeat.test"


def feel_until(pulse: Heartbeats, consumer: Child, condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        check_heartbeat(pulse, consumer)
        supervise(consumer, lambda *_: None)
        time.sleep(0.02)


@pytest.fixture
def pulse(redis_url: str, tmp_path: Path) -> Heartbeats:
    (tmp_path / "heartbeat").touch()
    return Heartbeats(bus.EventPoster(redis_url), QUEUE, tmp_path / "heartbeat", every_seconds=0.1, deaf_seconds=60)


@pytest.fixture
def consumer(pulse: Heartbeats, redis_url: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Child]:
    command = ["celery", "--app=tests.support.delivery_worker:app", "worker"]
    options = [f"--queues={QUEUE}", "--concurrency=1", "--without-mingle"]
    environment = {
        "TEST_QUEUE": "booking",
        "TEST_DATABASE_URL": fresh_database("booking"),
        "REDIS_URL": redis_url,
        "BOOKING_NOTIFIER_KEY": fresh_keys()["BOOKING_NOTIFIER_KEY"],
        HEARTBEAT_FILE: str(pulse.file),
    }
    child = start(
        Program(
            name="consumer",
            arguments=[sys.executable, "-m", *command, *options],
            environment=os.environ | environment,
            folder=Path(__file__).parents[3],
            log=tmp_path / "log",
        )
    )
    yield child
    stop([child])


def answers(pulse: Heartbeats) -> Callable[[], bool]:
    before = pulse.file.stat().st_mtime
    return lambda: pulse.file.stat().st_mtime > before


def strike(pulse: Heartbeats, consumer: Child) -> None:
    """Lose patience with this consumer quickly, and have it again with the next one."""
    deaf, pulse.deaf_seconds = consumer.process.pid, 1
    feel_until(pulse, consumer, lambda: has_ended(consumer) or consumer.process.pid != deaf)
    pulse.deaf_seconds = 60


def test_a_deaf_consumer_is_started_again_and_a_frozen_one_killed(pulse: Heartbeats, consumer: Child) -> None:
    feel_until(pulse, consumer, answers(pulse))
    feel_until(pulse, consumer, answers(pulse))

    consumer.process.send_signal(signal.SIGUSR2)
    strike(pulse, consumer)
    feel_until(pulse, consumer, answers(pulse))

    consumer.process.send_signal(signal.SIGSTOP)
    pulse.strikes = 1
    strike(pulse, consumer)
    feel_until(pulse, consumer, answers(pulse))


def test_nobody_commands_a_worker_by_redis(pulse: Heartbeats, consumer: Child, redis_url: str) -> None:
    feel_until(pulse, consumer, answers(pulse))
    worker = consumer.process.pid

    control = bus.worker_app("booking", redis_url, []).control
    control.cancel_consumer(QUEUE)
    control.broadcast("shutdown")

    assert control.ping(timeout=1) == []
    for _ in range(3):
        feel_until(pulse, consumer, answers(pulse))
    assert (consumer.process.pid, has_ended(consumer)) == (worker, False)


def test_a_consumer_is_not_blamed_while_redis_is_away(tmp_path: Path) -> None:
    (tmp_path / "heartbeat").touch()
    nowhere = bus.EventPoster("redis://127.0.0.1:1/0")
    pulse = Heartbeats(nowhere, QUEUE, tmp_path / "heartbeat", every_seconds=0.05, deaf_seconds=0.2)
    sleeper = start(Program(name="sleeper", arguments=["/bin/sleep", "600"]))
    then = time.monotonic() + 1.5
    feel_until(pulse, sleeper, lambda: time.monotonic() > then)
    assert (pulse.strikes, has_ended(sleeper)) == (0, False)
    stop([sleeper])


def test_a_worker_is_healthy_as_long_as_one_consumer_answered_lately(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert not is_healthy("booking")
    for name in ("tyonohjaus-booking-a", "tyonohjaus-booking-b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "heartbeat").touch()
    os.utime(tmp_path / "tyonohjaus-booking-a" / "heartbeat", (1, 1))
    assert is_healthy("booking")
    assert not is_healthy("notifier")
    os.utime(tmp_path / "tyonohjaus-booking-b" / "heartbeat", (1, 1))
    assert not is_healthy("booking")
