"""The doctor looks at real servers on which things were broken on purpose, and says what is wrong and what to do."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
import redis
from sqlalchemy import text

from services import database
from services.doctor import configuration, databases, mail_server, queues, visit
from services.keyring import fresh_keys
from services.local import premises
from services.local.ports import free_port
from services.migration import migrate
from tests.conftest import DatabaseServer, FreshDatabase
from tests.integration.practice import Practice, eventually, running_practice
from tests.smtp_catcher import SmtpCatcher


class Visit(NamedTuple):
    """What the doctor said, and with which code it ended."""

    said: str
    code: int


def doctor(*arguments: str, environment: dict[str, str] | None = None) -> Visit:
    command = [sys.executable, "-m", "services.cli", "doctor", *arguments]
    ran = subprocess.run(
        command, check=False, env=os.environ | (environment or {}), capture_output=True, text=True, timeout=120
    )
    assert ran.stderr == ""
    return Visit(ran.stdout, ran.returncode)


# -- beside a start ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doctor") / "data"


@pytest.fixture(scope="module")
def practice(folder: Path) -> Iterator[Practice]:
    with running_practice(folder) as practice:
        yield practice


def run(folder: Path, service: str, *statements: str) -> None:
    url = premises.kept(folder)[f"{service.upper()}_DATABASE_URL"].replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


AN_EVENT = """
    WITH told AS (
      INSERT INTO outbox (event_id, aggregate, version, envelope, staged_at)
      VALUES (gen_random_uuid(), 'session/{name}', 1, '{{}}', now() - interval '1 hour') RETURNING event_id)
    INSERT INTO outbox_delivery (event_id, subscriber, aggregate, version, next_at, parked_at)
    SELECT event_id, 'notifier', 'session/{name}', 1, now() + interval '1 hour', {parked} FROM told
"""
LETTERS = """
    INSERT INTO letter (id, kind, subject_id, time, recipient_id, created_at, due_at, status, next_try_at,
      awaits_server)
    SELECT gen_random_uuid(), 'booking_confirmation', gen_random_uuid(), now(), gen_random_uuid(), now(),
      now() - interval '1 hour', status, now() + interval '1 hour', status = 'planned'
    FROM unnest(ARRAY['failed', 'failed', 'failed', 'uncertain', 'planned']) status
"""
ONE_IS_SENT_AGAIN = """
    INSERT INTO letter (id, kind, subject_id, time, recipient_id, edition, created_at, due_at, status, next_try_at)
    SELECT gen_random_uuid(), kind, subject_id, time, recipient_id, 2, now(), now(), 'sent', now()
    FROM letter WHERE status = 'failed' LIMIT 1
"""
A_REPORT = """
    INSERT INTO report (id, kind, subject_id, occasion, edition, supervisor_id, first, last, status, version, words,
      asked_at, next_try_at)
    VALUES (gen_random_uuid(), 'goal_report', gen_random_uuid(), 'all', 1, gen_random_uuid(), '2040-01-01',
      '2040-02-01', 'due', 1, '{}', now() - interval '2 hours', now() + interval '1 hour')
"""


def test_a_practice_that_runs_well_is_let_alone(folder: Path, practice: Practice) -> None:
    def well() -> bool:
        """The readers answer some seconds after the start."""
        return doctor(f"--data={folder}") == Visit("Nothing is wrong.\n", 0)

    eventually(well, seconds=180, what="a clean bill of health")


def test_what_stands_still_is_said_with_what_to_do(folder: Path, practice: Practice) -> None:
    run(folder, "booking", AN_EVENT.format(name="open", parked="NULL"), AN_EVENT.format(name="parked", parked="now()"))
    run(folder, "notifier", LETTERS, ONE_IS_SENT_AGAIN)
    run(folder, "reporting", A_REPORT, "INSERT INTO awaited_event VALUES (gen_random_uuid())")

    said, code = doctor(f"--data={folder}")

    assert code == 1
    lines = said.splitlines()
    for wrong in (
        "notifier has not taken in 1 event of booking, the oldest for 60 minutes.",
        "notifier could not take in 1 event of booking; no more tries are made.",
        "The oldest letter that is due has waited 60 minutes.",
        "Of the last week, 2 letters are failed.",
        "Of the last week, 1 letter is uncertain.",
        "The oldest report that is due has waited 120 minutes to be made.",
        "A rebuild of reporting is under way and waits for 1 event.",
    ):
        assert lines[lines.index(wrong) + 1].startswith("    "), wrong
    assert {line.split(":")[0] for line in lines if "is not ready" in line} == {
        "booking is not ready",
        "notifier is not ready",
        "reporting is not ready",
    }
    assert lines[-1] == "10 things are wrong."


# -- a folder in which nothing runs -----------------------------------------------------------------------


def test_a_folder_in_which_nothing_runs_is_told_from_one_in_trouble(tmp_path: Path) -> None:
    premises.write_privately(tmp_path / "secrets.env", fresh_keys())
    said, code = doctor(f"--data={tmp_path}")
    assert (said.splitlines()[0], code) == (f"Nothing runs in {tmp_path}, or it is still starting.", 1)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, None),
        ({"TOKEN_VERIFY_KEY": fresh_keys()["TOKEN_VERIFY_KEY"]}, "TOKEN_VERIFY_KEY does not belong to"),
        ({"NOTES_KEY": ""}, "secrets.env lacks NOTES_KEY."),
    ],
)
def test_the_secrets_of_a_folder_are_looked_at_also_when_nothing_runs(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], wrong: str | None
) -> None:
    for name, value in (fresh_keys() | changes).items():
        monkeypatch.setenv(name, value)
    found = list(configuration.check_kept())

    assert [finding.wrong.startswith(str(wrong)) for finding in found] == [True] * bool(wrong)


def test_a_start_that_was_killed_is_not_taken_for_one_that_runs(tmp_path: Path) -> None:
    premises.write_privately(tmp_path / "secrets.env", fresh_keys())
    premises.announce(tmp_path, {"BOOKING_URL": "http://127.0.0.1:1"})
    (tmp_path / "lock").touch()
    assert not premises.is_running(tmp_path)
    with premises.occupied(tmp_path):
        assert premises.is_running(tmp_path)


def test_a_disk_without_room_is_seen() -> None:
    (finding,) = visit.check_disk(Path("/proc"))
    assert finding.wrong == "Only 0 MB are free on the disk of /proc."


# -- servers of others ------------------------------------------------------------------------------------


def test_all_that_cannot_be_reached_is_said_without_a_secret() -> None:
    nowhere = free_port()
    weak, password = "abcabc", secrets.token_urlsafe(16)
    environment = {
        **fresh_keys(),
        "LINK_KEY": weak,
        "PUBLIC_URL": f"http://127.0.0.1:{nowhere}",
        "REPORTING_PUBLIC_URL": f"http://127.0.0.1:{nowhere}",
        "NOTIFIER_PUBLIC_URL": f"http://127.0.0.1:{nowhere}",
        "REDIS_URL": f"redis://:{password}@127.0.0.1:{nowhere}/0",
        "SMTP_URL": f"smtp://u:{password}@127.0.0.1:{nowhere}",
        "BOOKING_DATABASE_URL": f"postgresql://u:{password}@127.0.0.1:{nowhere}/b",
        "NOTIFIER_DATABASE_URL": f"postgresql://u:{password}@127.0.0.1:{nowhere}/n",
        "REPORTING_DATABASE_URL": f"postgresql://u:{password}@127.0.0.1:{nowhere}/r",
        "MAIL_FROM": "a@example.fi",
    }
    said, code = doctor(environment=environment)

    assert code == 1
    for wrong in (
        "LINK_KEY is too weak (booking, notifier, reporting).",
        "Redis does not answer (ConnectionError).",
        "The database of booking does not answer: ",
        "The database of notifier does not answer: ",
        "The database of reporting does not answer: ",
        f"notifier does not answer at http://127.0.0.1:{nowhere} (ConnectError).",
    ):
        assert wrong in said, said
    assert password not in said
    assert weak not in said

    mended = environment | {"LINK_KEY": fresh_keys()["LINK_KEY"], "TOKEN_VERIFY_KEY": fresh_keys()["TOKEN_VERIFY_KEY"]}
    said = doctor(environment=mended).said
    assert "TOKEN_VERIFY_KEY does not belong to TOKEN_SIGNING_KEY (booking)." in said
    assert "The mail server takes no letters: CONNECT ConnectionRefusedError." in said


def test_settings_that_are_missing_are_named_once_each() -> None:
    said = doctor(environment={"PATH": os.environ["PATH"]}).said

    assert "REDIS_URL is missing (booking, notifier, reporting)." in said
    assert "SMTP_URL is missing (notifier)." in said


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"maxmemory-policy": "allkeys-lru"}, "Redis drops what it holds when its memory is full"),
        ({"appendonly": "no"}, "Redis keeps nothing over a restart."),
        ({"maxmemory": "10000"}, "The memory of Redis is almost full."),
    ],
)
def test_a_redis_that_would_forget_is_seen(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], wrong: str
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    assert list(queues.check()) == []
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        before = {name: client.config_get(name)[name] for name in changes}
        for name, value in changes.items():
            client.config_set(name, value)
        try:
            (finding,) = queues.check()
        finally:
            for name, value in before.items():
                client.config_set(name, value)

    assert finding.wrong.startswith(wrong)


def test_a_mail_server_that_listens_gets_no_letter(smtp_catcher: SmtpCatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        **fresh_keys(),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "NOTIFIER_DATABASE_URL": "postgresql://127.0.0.1:1/n",
        "SMTP_URL": smtp_catcher.url,
        "MAIL_FROM": "a@example.fi",
        "PUBLIC_URL": "http://booking.test",
        "REPORTING_PUBLIC_URL": "http://reporting.test",
        "NOTIFIER_PUBLIC_URL": "http://notifier.test",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    assert list(mail_server.check()) == []
    assert smtp_catcher.messages == []


def test_readers_that_do_not_answer_are_named(fresh_database: FreshDatabase) -> None:
    url = fresh_database("booking")
    migrate("booking", url)
    engine = database.engine(url, pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO pulse VALUES ('notifier', now(), now() - interval '10 minutes')"))

    assert [finding.wrong for finding in databases.check_one("booking", engine)] == [
        "The worker of notifier has not for 10 minutes answered booking.",
        "The worker of reporting has never answered booking.",
    ]
    engine.dispose()


def test_a_database_of_another_version_is_said_to_be_one(fresh_database: FreshDatabase) -> None:
    url = fresh_database("reporting")
    migrate("reporting", url)
    engine = database.engine(url, pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    (finding,) = databases.check_one("reporting", engine)
    assert finding.wrong.startswith("The database of reporting has not the shape that this version")
    engine.dispose()


AN_OTHER_CLOCK = """
    CREATE SCHEMA fast;
    CREATE FUNCTION fast.clock_timestamp() RETURNS timestamptz LANGUAGE sql
      AS 'SELECT pg_catalog.clock_timestamp() + interval ''90 seconds''';
"""


def test_clocks_that_are_apart_are_seen(fresh_database: FreshDatabase, postgres_server: DatabaseServer) -> None:
    engine = database.engine(fresh_database("clock"), pool_size=1)
    assert list(databases.check_clocks([engine])) == []
    with engine.begin() as connection:
        connection.execute(text(AN_OTHER_CLOCK))
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f'ALTER DATABASE "{name}" SET search_path = fast, pg_catalog'))
    engine.dispose()

    (finding,) = databases.check_clocks([engine])
    assert finding.wrong == "The clocks of this machine and of the database are 90 seconds apart."
    engine.dispose()
