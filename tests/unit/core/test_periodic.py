"""Periodic jobs: when each has its turn."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from services.core import clock
from services.core.periodic import Job, run_jobs


def test_a_job_that_waits_has_its_first_turn_after_a_pause() -> None:
    stop, turns = threading.Event(), []  # type: threading.Event, list[str]

    def at_once() -> bool:
        turns.append("at once")
        return False

    def later() -> bool:
        turns.append("later")
        stop.set()
        return False

    pause = timedelta(milliseconds=50)
    run_jobs([Job("later", pause, later, waits=True), Job("at once", timedelta(hours=1), at_once)], stop)

    assert turns == ["at once", "later"]


def test_whoever_moves_the_clock_of_a_demo_waits_for_no_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.DEMO_CLOCK_FILE, str(tmp_path / "clock"))
    stop, turns = threading.Event(), []  # type: threading.Event, list[str]

    def hourly() -> bool:
        if turns:
            stop.set()
        turns.append("turn")
        clock.advance(3600)
        return False

    watchdog = threading.Timer(10, stop.set)
    watchdog.start()
    run_jobs([Job("hourly", timedelta(hours=1), hourly)], stop)
    watchdog.cancel()

    assert turns == ["turn", "turn"]
