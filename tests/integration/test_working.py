"""A consumer that runs but is deaf is noticed and started again; one that is well is left alone."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.events import bus
from services.events.inbox import HEARTBEAT_FILE
from services.heartbeat import is_healthy
from services.local.processes import Child, Program, has_ended, start, stop, tend
from services.working import Pulse, feel
from tests.conftest import FreshDatabase

QUEUE = "booking.heartbeat.test"


def feel_until(pulse: Pulse, consumer: Child, condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        feel(pulse, consumer)
        tend(consumer, lambda *_: None)
        time.sleep(0.02)


@pytest.fixture
def pulse(redis_url: str, tmp_path: Path) -> Pulse:
    (tmp_path / "heartbeat").touch()
    return Pulse(bus.PostOffice(redis_url), QUEUE, tmp_path / "heartbeat", every_seconds=0.1, deaf_seconds=60)


@pytest.fixture
def consumer(pulse: Pulse, redis_url: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Child]:
    command = ["celery", "--app=tests.integration.delivery_worker:app", "worker"]
    options = [f"--queues={QUEUE}", "--concurrency=1", "--without-mingle"]
    environment = {
        "TEST_QUEUE": "booking",
        "TEST_DATABASE_URL": fresh_database("booking"),
        "REDIS_URL": redis_url,
        HEARTBEAT_FILE: str(pulse.file),
    }
    child = start(
        Program(
            name="consumer",
            arguments=[sys.executable, "-m", *command, *options],
            environment=os.environ | environment,
            folder=Path(__file__).parents[2],
            log=tmp_path / "log",
        )
    )
    yield child
    stop([child])


def answers(pulse: Pulse) -> Callable[[], bool]:
    before = pulse.file.stat().st_mtime
    return lambda: pulse.file.stat().st_mtime > before


def strike(pulse: Pulse, consumer: Child) -> None:
    """Lose patience with this consumer quickly, and have it again with the next one."""
    deaf, pulse.deaf_seconds = consumer.process.pid, 1
    feel_until(pulse, consumer, lambda: has_ended(consumer) or consumer.process.pid != deaf)
    pulse.deaf_seconds = 60


def test_a_deaf_consumer_is_started_again_and_a_frozen_one_killed(
    pulse: Pulse, consumer: Child, redis_url: str
) -> None:
    feel_until(pulse, consumer, answers(pulse))
    feel_until(pulse, consumer, answers(pulse))

    bus.worker_app("booking", redis_url, []).control.cancel_consumer(QUEUE)
    strike(pulse, consumer)
    feel_until(pulse, consumer, answers(pulse))

    consumer.process.send_signal(signal.SIGSTOP)
    pulse.strikes = 1
    strike(pulse, consumer)
    feel_until(pulse, consumer, answers(pulse))


def test_a_consumer_is_not_blamed_while_redis_is_away(tmp_path: Path) -> None:
    (tmp_path / "heartbeat").touch()
    nowhere = bus.PostOffice("redis://127.0.0.1:1/0")
    pulse = Pulse(nowhere, QUEUE, tmp_path / "heartbeat", every_seconds=0.05, deaf_seconds=0.2)
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
