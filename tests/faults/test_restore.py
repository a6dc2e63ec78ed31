"""Backups of three databases, taken one after the other while people book, put back after everything was lost."""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from services.quickstart.binaries import postgres_program
from services.quickstart.up import DATABASES
from tests.faults.comparison import faults_found
from tests.faults.installation import House, a_house
from tests.faults.load import Crowd, Person
from tests.support.start import Start


@pytest.fixture(scope="module")
def house_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A installation of its own: everything that all other tests did would have to be told to reporting again."""
    with a_house(tmp_path_factory.mktemp("restore")) as installation:
        yield installation


def tool(installation: House, name: str, *arguments: str) -> None:
    """One of PostgreSQL's own, as docs/operations.md calls it."""
    program = postgres_program(installation.postgres.programs, name)
    subprocess.run([program, *arguments], check=True, timeout=120)


def back_up(installation: House, service: str, folder: Path) -> None:
    url = installation.postgres.server.url(DATABASES[service]).replace("+psycopg", "")
    tool(installation, "pg_dump", "-Fc", f"--file={folder / service}.dump", url)


def restore(installation: House, service: str, folder: Path) -> None:
    url = installation.postgres.server.url(DATABASES[service]).replace("+psycopg", "")
    tool(installation, "pg_restore", "--clean", "--if-exists", f"--dbname={url}", f"{folder / service}.dump")


@contextmanager
def stopped(installation: House) -> Iterator[dict[str, str]]:
    """Nothing of ours runs; inside, the settings with which it ran."""
    running, settings = installation.running, installation.settings()
    assert running.stop() == 0
    yield settings
    given = {
        "DATABASE_URL": installation.postgres.server.url().replace("+psycopg", ""),
        "REDIS_URL": installation.redis.server.url,
    }
    again = Start(running.folder, f"--smtp-url={installation.smtp.url}", "--demo", port=running.port, environment=given)
    running.process = again.wait_until_ready().process


def ours(settings: dict[str, str], *words: str) -> str:
    """One of our own commands, as an operator calls it."""
    command = [sys.executable, "-m", "services.cli", *words]
    ran = subprocess.run(command, env=settings, check=False, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def all_is_well(installation: House, crowd: Crowd) -> None:
    """Reporting was told anew, by events with other ids than those that its backup has not heard."""
    installation.drain()
    found = faults_found(installation, crowd.ledger)
    assert [fault for fault in found if not fault.endswith("have not been heard by reporting")] == []


def test_after_a_restore_everything_goes_on_and_no_letter_leaves_twice(
    installation: House, crowd: Crowd, tmp_path: Path
) -> None:
    """What was answered before the last of the three backups is there; of what may have left, people are told."""
    forgotten = Crowd.of(installation)
    crowd.start()
    crowd.wait_for(15)
    for service in ("notifier", "reporting"):
        back_up(installation, service, tmp_path)
        crowd.wait_for(15)
    crowd.stop()
    back_up(installation, "booking", tmp_path)
    forgotten.start()
    forgotten.wait_for(10)
    forgotten.stop()
    installation.drain()

    with stopped(installation) as settings:
        lost_at = installation.practice.now()
        for service in DATABASES:
            restore(installation, service, tmp_path)
        said = ours(settings, "notifier", "restored", "--lost-at", lost_at.isoformat())
        ours(settings, "reporting", "rebuild")
    all_is_well(installation, crowd)
    person = Person(crowd, random.Random(), 0)
    meeting = next(one for one in crowd.ledger.meetings.values() if one.now.status == "booked")
    person.move(meeting, meeting.now.starts_at + timedelta(days=100))
    all_is_well(installation, crowd)

    doubtful = installation.count("notifier", "SELECT count(*) FROM letter WHERE trouble = 'RESTORED'")
    assert f"{doubtful} letters may have left" in said
    assert doubtful > 20
