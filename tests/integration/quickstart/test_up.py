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
import pytest

from services.quickstart import external_servers, postgres
from services.quickstart.binaries import find_programs, unprivileged_account
from services.quickstart.external_servers import WrongAddress
from services.quickstart.postgres import PostgresServer
from services.quickstart.up import Installation, Plan, is_demo_due
from tests.conftest import FreshDatabase
from tests.support.practice import Json, Practice, environment_of, eventually
from tests.support.smtp_catcher import SmtpCatcher
from tests.support.start import Start, alive, descendants

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


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    with ready(Start(tmp_path_factory.mktemp("up") / "data")) as start:
        yield start


@pytest.fixture(scope="module")
def told(first: Start) -> dict[str, str]:
    return environment_of(first.folder)


@pytest.fixture(scope="module")
def left_behind(first: Start, told: dict[str, str]) -> Json:
    """A supervisor, and letters: one that was sent, and one that has waited for the mail server for an hour."""
    with psycopg.connect(told["NOTIFIER_DATABASE_URL"].replace("+psycopg", "")) as database:
        database.execute(A_LATE_LETTER)
    with smtplib.SMTP("127.0.0.1", first.smtp_port()) as client:
        client.sendmail("a@example.fi", "b@example.fi", "Subject: kept\r\n\r\nHei")
    return Practice(told).post("/api/v1/supervisors", {"name": "Sirpa Väisänen", "email": "sirpa@example.fi"})


@pytest.fixture(scope="module")
def second(first: Start, left_behind: Json) -> Iterator[Start]:
    """The start after the first was killed: at once, while the rest of it may still be going down."""
    family = descendants(first.process.pid)
    first.process.kill()
    first.process.wait()
    (first.folder / "tyonohjaus.env").unlink()  # the killed one could not
    start = Start(first.folder, port=first.port)
    eventually(lambda: not alive(family), seconds=15, what="the end of all that the killed one had started")
    with ready(start):
        yield start


def test_a_start_tells_its_addresses_and_serves(first: Start, told: dict[str, str]) -> None:
    assert set(told) == ANNOUNCED
    assert (first.folder / "tyonohjaus.env").stat().st_mode & 0o777 == 0o600
    assert all(answers(f"{told[f'{service}_URL']}/readyz") for service in ("BOOKING", "REPORTING", "NOTIFIER"))
    assert Practice(told).booking.post("/demo/clock", json={"advance_seconds": 1}).status_code == 404


def test_a_start_keeps_others_away(first: Start, tmp_path: Path) -> None:
    same_folder, same_port = (Start(first.folder), Start(tmp_path / "other", port=first.port - 1))

    assert refusal(same_folder).startswith("tyonohjaus: another start uses")
    taken = f"tyonohjaus: port {first.port}, for the mailbox, is taken; name other ones by --port."
    assert refusal(same_port) == taken
    assert first.is_announced()


def test_a_killed_start_leaves_nothing_running_and_loses_nothing(
    told: dict[str, str], left_behind: Json, second: Start
) -> None:
    assert lasting(environment_of(second.folder)) == lasting(told)
    practice = Practice(environment_of(second.folder))
    assert practice.booking.get(f"/api/v1/supervisors/{left_behind['id']}").json()["name"] == left_behind["name"]
    assert [letter["subject"] for letter in practice.letters("b@example.fi")] == ["kept"]


def test_while_mail_has_been_away_for_an_hour_everything_starts_and_serves(told: dict[str, str], second: Start) -> None:
    assert answers(f"{told['BOOKING_URL']}/readyz")
    assert answers(f"{told['NOTIFIER_URL']}/healthz")
    assert not answers(f"{told['NOTIFIER_URL']}/readyz"), "a letter is late, and the start has not waited for it"


def test_what_is_killed_is_started_again(told: dict[str, str], second: Start) -> None:
    victims = second.children("postgres") | second.children("valkey-server") | second.children("serve")
    assert len(victims) == 3
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    eventually(lambda: not alive(victims), what="their death")
    eventually(lambda: answers(f"{told['BOOKING_URL']}/readyz"), what="booking's recovery")
    assert second.output.read_text().count("is started again") == 3


def test_a_start_stops_clean(second: Start) -> None:
    family = descendants(second.process.pid)
    assert second.stop() == 0
    assert (second.errors(), alive(family)) == ("", set())
    assert not (second.folder / "tyonohjaus.env").exists()


def test_what_can_not_work_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    wrong = {"REDIS_URL": "redis://:hidden@127.0.0.1:1/0"}
    starts = {
        "can't be used": Start(tmp_path / "file"),
        "--smtp-url": Start(tmp_path / "data", "--smtp-url=mail.example.fi"),
        "REDIS_URL": Start(tmp_path / "other", environment=wrong),
    }
    for what, start in starts.items():
        said = refusal(start)
        assert what in said
        assert "hidden" not in said


def test_a_wrong_address_is_refused_without_its_password() -> None:
    with pytest.raises(WrongAddress, match="DATABASE_URL") as refused:
        external_servers.database_addresses("postgresql://u:hidden@127.0.0.1:1/x", {})
    assert "hidden" not in str(refused.value)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(WrongAddress, match="REDIS_URL") as refused:
        external_servers.check_redis(f"redis://:hidden@127.0.0.1:{silent.getsockname()[1]}/0")
    assert "hidden" not in str(refused.value)


def test_a_dead_start_says_who_died_and_why(tmp_path: Path, redis_url: str) -> None:
    folder = tmp_path / "data"
    account = unprivileged_account()
    folder.mkdir()
    postgres.prepare_postgres(folder / "postgres", find_programs(folder, account), account, "any")
    with (folder / "postgres" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    said = refusal(Start(folder, environment={"REDIS_URL": redis_url}))
    assert "postgres ended at its start" in said
    assert "postgres.log" in said


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
    def installation(database: str) -> Installation:
        plan = Plan(data=tmp_path, port=8000, smtp_url="", demo=True)
        return Installation(plan, tmp_path, {}, {"BOOKING_DATABASE_URL": database})

    clock, existing, missing = tmp_path / "clock", fresh_database("booking"), postgres_server.url("not_there_yet")
    assert not is_demo_due(installation(existing))
    assert not clock.exists()
    assert is_demo_due(installation(missing))
    assert int(clock.read_text()) < 0
    assert is_demo_due(installation(existing)), "the first start died before the story began"
    (tmp_path / "story").touch()
    assert not is_demo_due(installation(existing)), "the story broke off"
    assert clock.read_text() == "0"
    clock.write_text("86400")
    assert not is_demo_due(installation(existing))
    assert clock.read_text() == "86400"
