"""Databases for tests: each service's is migrated once a run, copied, and used again when a test has left it."""

import secrets
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from services.core.schema.migrate import create_database, migrate
from services.quickstart.postgres import PostgresServer

EMPTY = """
    SET lock_timeout = '20s';
    SET session_replication_role = replica;
    DO $$
    DECLARE statement text;
    BEGIN
      FOR statement IN
        SELECT format('DELETE FROM %I', tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
      LOOP EXECUTE statement; END LOOP;
      PERFORM setval(format('%I', sequencename), start_value, false) FROM pg_sequences WHERE last_value IS NOT NULL;
    END $$;
"""
"""As a replica, so that no trigger and no foreign key objects. TRUNCATE, which makes each file anew, takes longer."""

SHAPE = """
    SELECT md5(string_agg(format('%s %s %s %s', oid, relnatts, relchecks, relhastriggers), ',' ORDER BY oid))
      || (SELECT version_num FROM alembic_version)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
"""Copies have the object numbers of their template."""


@dataclass(frozen=True)
class Template:
    name: str
    shape: str


@dataclass(frozen=True)
class DatabaseServer(PostgresServer):
    """A server with databases for tests; ``url(database)`` names the driver, as SQLAlchemy wants it."""

    templates: dict[str, Template] = field(default_factory=dict)
    idle: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def create_database(self, name: str) -> str:
        """Make an empty database and return its address."""
        create_database(self.url(name))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        self._run("DROP DATABASE {} WITH (FORCE)", name)

    @contextmanager
    def migrated(self, service: str) -> Iterator[str]:
        """The address of a database in the service's newest shape, without rows; afterwards another test gets it."""
        name = self.idle[service].pop() if self.idle[service] else self._copy(service)
        try:
            yield self.url(name)
        finally:
            if self._empty(name, self._template(service)):
                self.idle[service].append(name)
            else:
                self.drop_database(name)

    @contextmanager
    def copied(self, service: str) -> Iterator[str]:
        """The same for a test that fills it so much that the next one would feel it: nobody gets it afterwards."""
        name = self._copy(service)
        yield self.url(name)
        self.drop_database(name)

    def _template(self, service: str) -> Template:
        if service not in self.templates:
            name = f"template_of_{service}"
            migrate(service, self.create_database(name))
            with self._connection(name) as connection:
                self.templates[service] = Template(name, _shape(connection))
        return self.templates[service]

    def _copy(self, service: str) -> str:
        name = f"{service}_{secrets.token_hex(4)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, self._template(service).name)
        return name

    def _empty(self, name: str, template: Template) -> bool:
        """Unless the test has given it another shape."""
        with self._connection(name) as connection:
            if _shape(connection) != template.shape:
                return False
            connection.execute(EMPTY)
            return True

    def _run(self, statement: str, *names: str) -> None:
        with self._connection("postgres") as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _connection(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self.url(database).replace("+psycopg", ""), autocommit=True)


def _shape(connection: psycopg.Connection) -> str:
    row = connection.execute(SHAPE).fetchone()
    assert row
    return str(row[0])
