"""Clocks that leap: the two nights of the year, a practice's clock that jumps, and workers whose own clock is wrong."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from functools import partial
from math import ceil
from pathlib import Path

import pytest

from services.finnish.workdays import at_wall_clock
from services.runtime.processes import Program, start, stop
from tests.databases import DatabaseServer
from tests.faults.conftest import Compare
from tests.faults.installation import OPEN_DELIVERIES, House
from tests.faults.load import Crowd
from tests.support.letter_office import Office, open_office
from tests.support.practice import eventually
from tests.support.smtp_catcher import SmtpCatcher

NIGHTS = [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)]
LIBFAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


# -- the two nights ---------------------------------------------------------------------------------------


@pytest.fixture
def office(
    postgres_server: DatabaseServer, redis_url: str, smtp_catcher: SmtpCatcher, tmp_path: Path
) -> Iterator[Office]:
    with open_office(postgres_server, redis_url, smtp_catcher, tmp_path) as office:
        yield office


def set_clock(office: Office, moment: datetime) -> None:
    """To any moment, the past included."""
    really = office.now() - timedelta(seconds=int(office.clock_file.read_text()))
    office.clock_file.write_text(str(ceil((moment - really).total_seconds())))


@pytest.mark.parametrize("night", NIGHTS)
def test_reminders_leave_once_at_nine_by_the_wall_on_both_sides_of_the_night(office: Office, night: date) -> None:
    """A meeting on the Thursday after it: the week before is on the other side of the night, the day before on this."""
    thursday = night + timedelta(days=4)
    set_clock(office, at_wall_clock(night - timedelta(days=20), time(10)))
    office.opens("Aino")
    office.hear(*office.booked(at_wall_clock(thursday, time(14))))
    office.send_all()

    for day in (thursday - timedelta(days=7), thursday - timedelta(days=1)):
        before = len(office.received("Aino"))
        set_clock(office, at_wall_clock(day, time(8, 59)))
        office.send_all()
        assert len(office.received("Aino")) == before
        set_clock(office, at_wall_clock(day, time(9)))
        office.send_all()
        office.send_all()
        assert len(office.received("Aino")) == before + 1

    kinds = [row.kind for row in office.rows(status="sent")]
    assert kinds == ["booking_confirmation", "reminder_week", "reminder_day"]


# -- a clock that jumps -----------------------------------------------------------------------------------


def test_a_clock_that_jumps_back_by_an_hour_and_forward_again_sends_everything_once(
    installation: House, crowd: Crowd, heal: Compare
) -> None:
    hour = timedelta(hours=1)
    installation.practice.advance_to(installation.practice.now() + hour)
    crowd.start()
    crowd.wait_for(8)
    installation.move_clock(-hour)
    crowd.wait_for(12)
    crowd.stop()
    eventually(lambda: installation.count("booking", OPEN_DELIVERIES) == 0, what="the confirmation of every event")
    installation.move_clock(hour)

    heal(crowd)


# -- workers whose own clock is wrong ---------------------------------------------------------------------


@contextmanager
def wrong_clock(installation: House, shift: str, log: Path) -> Iterator[None]:
    """One more notifier worker, to all of whose processes it is another time."""
    fake = {"LD_PRELOAD": str(LIBFAKETIME), "FAKETIME": shift}
    worker = start(
        Program(
            name="wrong clock",
            module="services.cli",
            arguments=["work", "notifier"],
            environment=installation.settings() | fake,
            folder=installation.running.folder,
            log=log,
            patience_seconds=30,
        )
    )
    try:
        yield
    finally:
        stop([worker])


@pytest.mark.skipif(
    not LIBFAKETIME.exists() and not os.environ.get("CI"), reason="needs libfaketime (Debian: apt-get install faketime)"
)
def test_workers_that_are_an_hour_ahead_or_behind_send_nothing_early_and_nothing_twice(
    installation: House, crowd: Crowd, heal: Compare, tmp_path: Path
) -> None:
    assert LIBFAKETIME.exists()
    ahead, behind = tmp_path / "ahead", tmp_path / "behind"
    with wrong_clock(installation, "+3700s", ahead), wrong_clock(installation, "-3700s", behind):
        crowd.start()
        for log in (ahead, behind):
            eventually(partial(says, log, "event.handled"), 120, what=f"work of the one {log.name}")
        crowd.wait_for(8)
        heal(crowd)


def says(log: Path, words: str) -> bool:
    return words in log.read_text()
