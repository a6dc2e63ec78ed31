"""The quick start: up, down, killed, started again, and refusing with one line what can't work."""

import os
import signal
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg

from services.local import postgres
from services.local.binaries import find_programs, unprivileged_account
from services.local.postgres import PostgresServer
from services.local.up import House, Plan, is_story_due
from tests.conftest import FreshDatabase
from tests.integration.practice import environment_of, eventually
from tests.integration.start import Start, alive, descendants
from tests.smtp_catcher import SmtpCatcher

ANNOUNCED = {
    "BOOKING_URL",
    "REPORTING_URL",
    "NOTIFIER_URL",
    "MAILBOX_URL",
    "ADMIN_CLIENT_ID",
    "ADMIN_CLIENT_SECRET",
    "BOOKING_DATABASE_URL",
    "REPORTING_DATABASE_URL",
    "NOTIFIER_DATABASE_URL",
    "REDIS_URL",
    "SMTP_URL",
    "MAIL_FROM",
    "PUBLIC_URL",
    "REPORTING_PUBLIC_URL",
    "NOTIFIER_PUBLIC_URL",
    "DEMO_CLOCK_FILE",
}


@contextmanager
def ready(start: Start) -> Iterator[Start]:
    try:
        yield start.wait_until_ready()
    finally:
        start.process.kill()
        start.process.wait()


def refusal(start: Start) -> str:
    """The one line with which a start ends that can't work."""
    assert start.process.wait(60) != 0
    said = start.errors()
    assert said.count("\n") == 1, said
    assert alive(descendants(start.process.pid)) == set()
    return said.strip()


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def lasting(told: dict[str, str]) -> dict[str, str]:
    """What a second start tells again; servers that no other port was promised for take a free one each time."""
    return {name: value for name, value in told.items() if not name.endswith(("DATABASE_URL", "REDIS_URL", "SMTP_URL"))}


A_LATE_LETTER = """
    INSERT INTO letter (id, kind, subject_id, time, recipient_id, created_at, due_at, status, next_try_at,
      awaits_server)
    VALUES (gen_random_uuid(), 'booking_confirmation', gen_random_uuid(), now(), gen_random_uuid(), now(),
      now() - interval '1 hour', 'planned', now() + interval '1 hour', true)
"""
"""The mail server was away for an hour."""


def test_a_start_tells_its_addresses_keeps_others_away_stops_clean_and_is_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with ready(Start(folder)) as first:
        told = environment_of(folder)
        assert set(told) == ANNOUNCED
        assert (folder / "tyonohjaus.env").stat().st_mode & 0o777 == 0o600
        assert all(answers(f"{told[f'{service}_URL']}/readyz") for service in ("BOOKING", "REPORTING", "NOTIFIER"))
        with first.database() as database:
            database.execute("CREATE TABLE kept AS SELECT 1 AS it")
        with psycopg.connect(told["NOTIFIER_DATABASE_URL"].replace("+psycopg", "")) as database:
            database.execute(A_LATE_LETTER)

        assert refusal(Start(folder)).startswith("tyonohjaus: another start uses")
        taken = refusal(Start(tmp_path / "other", port=first.port - 1))
        assert taken == f"tyonohjaus: port {first.port}, for reporting, is taken; name other ones by --port."
        assert first.is_announced()

        family = descendants(first.process.pid)
        assert first.stop() == 0
        assert (first.errors(), alive(family)) == ("", set())
        assert not (folder / "tyonohjaus.env").exists()

    with ready(Start(folder, port=first.port)) as second:
        assert lasting(environment_of(folder)) == lasting(told)
        with second.database() as database:
            assert database.execute("SELECT it FROM kept").fetchall() == [(1,)]
        assert not answers(f"{told['NOTIFIER_URL']}/readyz"), "a letter is late, and the start has not waited for it"
        assert second.stop(signal.SIGINT) == 0


def test_a_killed_start_leaves_nothing_running_and_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with ready(Start(folder)) as first:
        with first.database() as database:
            database.execute("CREATE TABLE kept AS SELECT 1 AS it")
        with smtplib.SMTP("127.0.0.1", first.smtp_port()) as client:
            client.sendmail("a@example.fi", "b@example.fi", "Subject: kept\r\n\r\nHei")
        told, family = environment_of(folder), descendants(first.process.pid)
        first.process.kill()
        first.process.wait()
        (folder / "tyonohjaus.env").unlink()  # the killed one could not
        second = Start(folder, port=first.port)  # at once, while the rest may still be going down
        eventually(lambda: not alive(family), seconds=15, what="the end of all children")

    with ready(second):
        with second.database() as database:
            assert database.execute("SELECT it FROM kept").fetchall() == [(1,)]
        assert [letter["subject"] for letter in httpx.get(f"{told['MAILBOX_URL']}/api/messages").json()] == ["kept"]

        victims = second.children("postgres") | second.children("valkey-server") | second.children("serve", "booking")
        assert len(victims) == 3
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        eventually(lambda: not alive(victims), what="their death")
        eventually(lambda: answers(f"{told['BOOKING_URL']}/readyz"), what="booking's recovery")
        assert second.output.read_text().count("is started again") == 3


def test_a_wrong_address_is_refused_without_its_password(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for name, url in [
            ("DATABASE_URL", "postgresql://u:hidden@127.0.0.1:1/x"),
            ("REDIS_URL", "redis://:hidden@127.0.0.1:1/0"),
            ("REDIS_URL", f"redis://:hidden@127.0.0.1:{port}/0"),
        ]:
            said = refusal(Start(tmp_path / "data", environment={name: url}))
            assert name in said
            assert "hidden" not in said
    assert "--smtp-url" in refusal(Start(tmp_path / "data", "--smtp-url=mail.example.fi"))


def test_a_folder_that_can_not_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "can't be used" in refusal(Start(tmp_path / "file"))


def test_a_dead_start_says_who_died_and_why(tmp_path: Path, redis_url: str) -> None:
    others = {"REDIS_URL": redis_url}
    folder = tmp_path / "data"
    home, account = folder / "postgres", unprivileged_account()
    folder.mkdir()
    programs = find_programs(folder, account)
    postgres.prepare(home, programs, account, "any")
    with (home / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    said = refusal(Start(folder, environment=others))
    assert "postgres ended at its start" in said
    assert "postgres.log" in said

    (home / "PG_VERSION").write_text("9\n")
    assert "was written by PostgreSQL 9" in refusal(Start(folder, environment=others))


def test_servers_of_others_are_used_and_letters_go_where_they_are_sent(
    tmp_path: Path, postgres_server: PostgresServer, redis_url: str, smtp_catcher: SmtpCatcher
) -> None:
    folder = tmp_path / "data"
    given = {"DATABASE_URL": postgres_server.url().replace("+psycopg", ""), "REDIS_URL": redis_url}
    with ready(Start(folder, f"--smtp-url={smtp_catcher.url}", environment=given)) as running:
        assert environment_of(folder)["MAILBOX_URL"] == ""
        assert not (folder / "postgres").exists()
        assert not (folder / "redis").exists()
        psycopg.connect(postgres_server.url("tyonohjaus_notifier").replace("+psycopg", "")).close()
        assert running.stop() == 0


def test_a_story_is_played_once_in_a_new_practice_and_none_is_left_in_the_past(
    tmp_path: Path, postgres_server: PostgresServer, fresh_database: FreshDatabase
) -> None:
    def house(database: str) -> House:
        plan = Plan(data=tmp_path, port=8000, smtp_url="", demo=True)
        return House(plan, tmp_path, {}, {"BOOKING_DATABASE_URL": database})

    clock, existing, missing = tmp_path / "clock", fresh_database("booking"), postgres_server.url("not_there_yet")
    assert not is_story_due(house(existing))
    assert not clock.exists()
    assert is_story_due(house(missing))
    assert int(clock.read_text()) < 0
    assert is_story_due(house(existing)), "the first start died before the story began"
    (tmp_path / "story").touch()
    assert not is_story_due(house(existing)), "the story broke off"
    assert clock.read_text() == "0"
    clock.write_text("86400")
    assert not is_story_due(house(existing))
    assert clock.read_text() == "86400"
