"""A service works as a role that can't switch off what guards its audit log, also where it once owned everything."""

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from services.core.schema.migrate import migrate
from tests.databases import DatabaseServer

SERVICES = ("booking", "notifier", "reporting")
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
REFUSED = (
    "ALTER TABLE audit_entry DISABLE TRIGGER append_only",
    "DROP TRIGGER append_only ON audit_entry",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "ALTER FUNCTION refuse_change() RENAME TO allow_change",
    "ALTER TABLE audit_entry RENAME TO log",
    "DROP TABLE audit_entry CASCADE",
    "TRUNCATE audit_entry",
    "DELETE FROM audit_entry",
    "UPDATE audit_entry SET actor = 'nobody'",
    "CREATE TABLE audit (id int)",
    "SET session_replication_role = replica",
    "UPDATE alembic_version SET version_num = '0001'",
)


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def role(postgres_server: DatabaseServer, service: str) -> Iterator[str]:
    """The name of a role that is not there yet, and also of its database."""
    name = f"{service}_{secrets.token_hex(4)}"
    yield name
    postgres_server.drop_database(name)
    with psycopg.connect(plain(postgres_server.url()), autocommit=True) as server:
        server.execute(sql.SQL("DROP ROLE IF EXISTS {}, {}").format(*map(sql.Identifier, (f"{name}_owner", name))))


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def as_service(server: DatabaseServer, role: str) -> str:
    return server.url_of(role, "geheim", role)


def owned_by_service(server: DatabaseServer, service: str, role: str) -> None:
    """A database as it was made before there was an owner, with something written in its log."""
    with psycopg.connect(plain(server.url()), autocommit=True) as admin:
        name = sql.Identifier(role)
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'geheim'").format(name))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(name, name))
        admin.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(name))
    migrate(service, as_service(server, role))
    with psycopg.connect(plain(as_service(server, role))) as connection:
        connection.execute("INSERT INTO audit_entry (at, actor, action, subject) VALUES (now(), 'a', 'b', 'c')")


def check(server: DatabaseServer, role: str) -> None:
    with psycopg.connect(plain(as_service(server, role)), autocommit=True) as connection:
        for statement in REFUSED:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        connection.execute("INSERT INTO audit_entry (at, actor, action, subject) VALUES (now(), 'a', 'b', 'c')")
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in tables.fetchall():
            granted = "SELECT one FROM unnest(CAST(%s AS text[])) AS one WHERE has_table_privilege(%s, one)"
            rights = [one for (one,) in connection.execute(granted, [list(RIGHTS), f"public.{table}"])]
            assert rights == list(RIGHTS[: {"audit_entry": 2, "alembic_version": 1}.get(table, 4)]), table
        closed = "SELECT sequencename FROM pg_sequences WHERE NOT has_sequence_privilege(sequencename, 'USAGE')"
        assert connection.execute(closed.encode()).fetchall() == []


def test_the_role_of_a_new_database_only_reads_and_writes(
    postgres_server: DatabaseServer, service: str, role: str
) -> None:
    for _ in range(2):
        migrate(service, as_service(postgres_server, role), postgres_server.url(role))

    check(postgres_server, role)


@pytest.mark.parametrize("is_admin", [True, False], ids=["by the administrator", "by a role that may act for it"])
def test_a_database_that_belonged_to_its_service_is_handed_over(
    postgres_server: DatabaseServer, service: str, role: str, is_admin: bool
) -> None:
    owned_by_service(postgres_server, service, role)
    owner = postgres_server.url(role) if is_admin else an_owner(postgres_server, role)

    for _ in range(2):
        migrate(service, as_service(postgres_server, role), owner)

    check(postgres_server, role)
    with psycopg.connect(plain(as_service(postgres_server, role))) as connection:
        assert connection.execute("SELECT count(*) FROM audit_entry").fetchone() == (2,), "the old entry and a new one"


def an_owner(server: DatabaseServer, role: str) -> str:
    """As docs/operations.md has it made."""
    owner, name = sql.Identifier(f"{role}_owner"), sql.Identifier(role)
    with psycopg.connect(plain(server.url()), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD 'geheim'").format(owner))
        admin.execute(sql.SQL("GRANT {} TO {}").format(name, owner))
    return server.url_of(f"{role}_owner", "geheim", role)


def test_without_an_owner_the_service_migrates_its_own_database(
    postgres_server: DatabaseServer, service: str, role: str
) -> None:
    owned_by_service(postgres_server, service, role)
    for owner in (None, as_service(postgres_server, role)):
        migrate(service, as_service(postgres_server, role), owner)

    with (
        psycopg.connect(plain(as_service(postgres_server, role))) as connection,
        pytest.raises(psycopg.errors.RestrictViolation),
    ):
        connection.execute("DELETE FROM audit_entry")
