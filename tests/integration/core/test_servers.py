"""The fixtures themselves: what other tests rely on."""

import smtplib
from email.message import EmailMessage

import psycopg
import pytest
import redis
from sqlalchemy import text

from services.core.database import engine, transaction
from tests.conftest import FreshDatabase
from tests.databases import DatabaseServer
from tests.support.smtp_catcher import CUT, SmtpCatcher


def letter(subject: str = "Vahvistus") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", subject
    message.set_content("Hyvää päivää")
    return message


def test_databases_are_new(fresh_database: FreshDatabase) -> None:
    one, other = fresh_database("booking"), fresh_database("booking")
    assert one != other
    with transaction(engine(one)) as db:
        assert db.connection().execute(text("SHOW timezone")).scalar() == "UTC"


def test_who_gets_a_database_after_another_finds_it_empty_and_in_its_newest_shape(
    postgres_server: DatabaseServer,
) -> None:
    with postgres_server.migrated("booking") as first, transaction(engine(first)) as db:
        run = db.connection().exec_driver_sql
        run("INSERT INTO audit_entry (at, actor, action, subject) VALUES (now(), 'a', 'b', 'c')")
        assert run("SELECT nextval('process_number')").scalar() == 1
    with postgres_server.migrated("booking") as second:
        assert second == first
        with transaction(engine(second)) as db:
            run = db.connection().exec_driver_sql
            assert run("SELECT count(*) FROM audit_entry").scalar() == 0
            assert run("SELECT nextval('process_number')").scalar() == 1
            run("ALTER TABLE outbox_delivery ADD CHECK (attempts > 0)")
    with postgres_server.migrated("booking") as third:
        assert third != second


def test_a_wrong_password_is_refused(fresh_database: FreshDatabase) -> None:
    address = fresh_database("booking").replace("+psycopg", "").replace("tyonohjaus:", "tyonohjaus:x")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(address)


def test_redis_writes_nothing_to_its_disk_and_throws_nothing_away(empty_redis: str) -> None:
    with redis.Redis.from_url(empty_redis, decode_responses=True) as client:
        settings = client.config_get("appendonly", "save", "maxmemory-policy", "bind")
        assert client.dbsize() == 0
    assert settings == {"appendonly": "no", "save": "", "maxmemory-policy": "noeviction", "bind": "127.0.0.1"}


def test_a_caught_letter_can_be_read(smtp_catcher: SmtpCatcher) -> None:
    with smtplib.SMTP("127.0.0.1", smtp_catcher.port) as client:
        client.send_message(letter("Työnohjaus 7.12. klo 9.00–10.00"))
    [message] = smtp_catcher.wait_for(1)
    assert message["Subject"] == "Työnohjaus 7.12. klo 9.00–10.00"
    assert smtp_catcher.envelopes[0].rcpt_tos == ["b@example.org"]


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "BODY"])
def test_a_letter_is_refused_at_the_stage_asked_for_and_taken_afterwards(smtp_catcher: SmtpCatcher, stage: str) -> None:
    smtp_catcher.refuse(stage, "450 later")
    with smtplib.SMTP("127.0.0.1", smtp_catcher.port) as client:
        with pytest.raises(smtplib.SMTPException, match="450"):
            client.send_message(letter())
        smtp_catcher.behave()
        client.rset()  # smtplib leaves the envelope open when DATA is refused
        client.send_message(letter())
    assert len(smtp_catcher.messages) == 1


@pytest.mark.parametrize(("stage", "kept"), [("BODY", 0), ("KEPT", 1)])
@pytest.mark.parametrize("reply", ["421 closing", CUT])
def test_a_connection_that_dies_around_the_body(smtp_catcher: SmtpCatcher, stage: str, kept: int, reply: str) -> None:
    smtp_catcher.refuse(stage, reply)
    with smtplib.SMTP("127.0.0.1", smtp_catcher.port) as client, pytest.raises(smtplib.SMTPException):
        client.send_message(letter())
    assert len(smtp_catcher.messages) == kept


def test_a_server_that_hangs_lets_the_client_time_out(smtp_catcher: SmtpCatcher) -> None:
    smtp_catcher.hang("RCPT")
    with (
        smtplib.SMTP("127.0.0.1", smtp_catcher.port, timeout=0.2) as client,
        pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"),
    ):
        client.send_message(letter())


def test_a_closed_server_refuses_and_opens_again_on_its_port(smtp_catcher: SmtpCatcher) -> None:
    smtp_catcher.close()
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", smtp_catcher.port)
    smtp_catcher.open()
    with smtplib.SMTP("127.0.0.1", smtp_catcher.port) as client:
        client.send_message(letter())
    smtp_catcher.wait_for(1)
