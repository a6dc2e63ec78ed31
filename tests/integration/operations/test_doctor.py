"""The doctor looks at real servers on which things were broken on purpose, and says what is wrong and what to do."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
import redis
from sqlalchemy import text

from services.core import database
from services.core.secrets import fresh_keys
from services.operations.doctor import configuration, databases, examination, mail_server, queues
from services.operations.doctor.finding import Finding
from services.quickstart import data_folder
from services.quickstart.ports import free_port
from tests.conftest import FreshDatabase
from tests.databases import DatabaseServer
from tests.support.practice import Installation, eventually
from tests.support.smtp_catcher import SmtpCatcher


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


def run(installation: Installation, service: str, *statements: str) -> None:
    with installation.engine(service).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


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
    SELECT gen_random_uuid(), 'booking_confirmation', gen_random_uuid(), now(),
      '00000000-0000-0000-0000-000000000000', now(), now() - interval '1 hour', status,
      now() + interval '1 hour', status = 'planned'
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
    VALUES (gen_random_uuid(), 'goal_report', gen_random_uuid(), 'all', 1,
      '00000000-0000-0000-0000-000000000000', '2040-01-01', '2040-02-01', 'due', 1, '{}',
      now() - interval '2 hours', now() + interval '1 hour')
"""
AFTERWARDS = {
    "booking": (
        "DELETE FROM outbox_delivery WHERE aggregate IN ('session/open', 'session/parked')",
        "DELETE FROM outbox WHERE aggregate IN ('session/open', 'session/parked')",
    ),
    "notifier": ("DELETE FROM letter WHERE recipient_id = '00000000-0000-0000-0000-000000000000'",),
    "reporting": (
        "DELETE FROM report WHERE supervisor_id = '00000000-0000-0000-0000-000000000000'",
        "DELETE FROM awaited_event",
    ),
}


def test_a_practice_that_runs_well_is_let_alone(installation: Installation) -> None:
    def well() -> bool:
        """The readers answer some seconds after the start."""
        return doctor(f"--data={installation.folder}") == Visit("Nothing is wrong.\n", 0)

    eventually(well, seconds=180, what="a clean bill of health")


@pytest.fixture
def in_trouble(installation: Installation) -> Iterator[Installation]:
    """The same practice while much stands still."""
    events = (AN_EVENT.format(name="open", parked="NULL"), AN_EVENT.format(name="parked", parked="now()"))
    run(installation, "booking", *events)
    run(installation, "notifier", LETTERS, ONE_IS_SENT_AGAIN)
    run(installation, "reporting", A_REPORT, "INSERT INTO awaited_event VALUES (gen_random_uuid())")
    yield installation
    for service, statements in AFTERWARDS.items():
        run(installation, service, *statements)


def test_what_stands_still_is_said_with_what_to_do(in_trouble: Installation) -> None:
    said, code = doctor(f"--data={in_trouble.folder}")

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
    data_folder.write_privately(tmp_path / "secrets.env", fresh_keys())
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
    data_folder.write_privately(tmp_path / "secrets.env", fresh_keys())
    data_folder.write_addresses(tmp_path, {"BOOKING_URL": "http://127.0.0.1:1"})
    (tmp_path / "lock").touch()
    assert not data_folder.is_running(tmp_path)
    with data_folder.occupied(tmp_path):
        assert data_folder.is_running(tmp_path)


def test_a_disk_without_room_is_seen() -> None:
    (finding,) = examination.check_disk(Path("/proc"))
    assert finding.wrong == "Only 0 MB are free on the disk of /proc."


# -- servers of others ------------------------------------------------------------------------------------


def test_all_that_cannot_be_reached_is_said_without_a_secret() -> None:
    nowhere = free_port()
    weak, password = "abcabc", secrets.token_urlsafe(16)
    environment = {
        **fresh_keys(),
        "BOOKING_NOTIFIER_KEY": weak,
        "PUBLIC_URL": f"http://127.0.0.1:{nowhere}",
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
        "BOOKING_NOTIFIER_KEY is too weak (booking, notifier).",
        "Redis does not answer (ConnectionError).",
        "The database of booking does not answer: ",
        "The database of notifier does not answer: ",
        "The database of reporting does not answer: ",
        f"notifier does not answer at http://127.0.0.1:{nowhere}/notifier (ConnectError).",
    ):
        assert wrong in said, said
    assert password not in said
    assert weak not in said

    mended = environment | {name: fresh_keys()[name] for name in ("BOOKING_NOTIFIER_KEY", "TOKEN_VERIFY_KEY")}
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
        ({"appendonly": "yes"}, "Redis writes what passes through it to its disk"),
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
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    assert list(mail_server.check()) == []
    assert smtp_catcher.messages == []


def test_a_look_that_breaks_off_is_said_and_the_next_is_taken() -> None:
    class Broken(ModuleType):
        def check(self) -> Iterator[Finding]:
            yield Finding("A cable is loose.", "Plug it in.")
            raise UnicodeError("ä")

    class Sound(ModuleType):
        def check(self) -> Iterator[Finding]:
            yield Finding("A lamp is out.", "Replace it.")

    found = list(examination.examine_all([Broken("services.operations.doctor.mail_server"), Sound("lamps")]))

    assert [finding.wrong for finding in found] == [
        "A cable is loose.",
        "The look at mail server broke off (UnicodeError).",
        "A lamp is out.",
    ]


def test_settings_beyond_ascii_end_in_no_traceback(smtp_catcher: SmtpCatcher) -> None:
    environment = {
        **fresh_keys(),
        "PUBLIC_URL": "http://127.0.0.1:1",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SMTP_URL": f"smtp://käyttäjä:salasanä@127.0.0.1:{smtp_catcher.port}",
        "NOTIFIER_DATABASE_URL": "postgresql://127.0.0.1:1/n",
        "MAIL_FROM": "Työnohjaus <ajat@työnohjaus.example>",
    }

    said = doctor(environment=environment).said

    assert "The mail server takes no letters: LOGIN SMTPNotSupportedError." in said


def test_readers_that_do_not_answer_are_named(booking_database: str) -> None:
    engine = database.engine(booking_database, pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO pulse VALUES ('notifier', now(), now() - interval '10 minutes')"))

    assert [finding.wrong for finding in databases.check_database("booking", engine)] == [
        "The worker of notifier has not for 10 minutes answered booking.",
        "The worker of reporting has never answered booking.",
    ]
    engine.dispose()


def test_a_database_of_another_version_is_said_to_be_one(postgres_server: DatabaseServer) -> None:
    with postgres_server.migrated("reporting") as url:
        engine = database.engine(url, pool_size=1)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

        (finding,) = databases.check_database("reporting", engine)
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
