"""Databases are made where they are missing and brought to their newest shape, however many try at once."""

import os
import secrets
import subprocess
import sys

import psycopg

from services.core.schema.migrate import create_database
from tests.databases import DatabaseServer


def migrate(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "services.cli", "migrate", "booking"],
        env=os.environ | {"BOOKING_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_several_at_once_make_one_database_and_migrate_it_once(postgres_server: DatabaseServer) -> None:
    url = postgres_server.url(f"booking_{secrets.token_hex(4)}")
    together = [migrate(url) for _ in range(3)]
    assert [one.communicate()[1] for one in together] == ["", "", ""]
    assert [one.returncode for one in together] == [0, 0, 0]
    with psycopg.connect(url.replace("+psycopg", "")) as database:
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM supervisor").fetchone() == (0,)


def test_a_database_that_exists_stays_as_it_is(postgres_server: DatabaseServer) -> None:
    url = postgres_server.create_database(f"booking_{secrets.token_hex(4)}")
    with psycopg.connect(url.replace("+psycopg", "")) as database:
        database.execute("CREATE TABLE kept AS SELECT 1 AS it")
    create_database(url)
    with psycopg.connect(url.replace("+psycopg", "")) as database:
        assert database.execute("SELECT it FROM kept").fetchall() == [(1,)]


def test_an_unreachable_database_is_one_line_without_its_password() -> None:
    refused = migrate("postgresql://u:hidden@127.0.0.1:1/x")
    _, said = refused.communicate()
    assert refused.returncode == 1
    assert said.startswith("tyonohjaus: booking: ")
    assert said.count("\n") == 1
    assert "hidden" not in said
