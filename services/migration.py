"""Brings a service's database to its newest shape, and makes the database where it is missing."""

import os
from importlib.resources import files
from importlib.util import find_spec

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import errors, sql
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url

from services.database import with_driver
from services.local.trouble import Trouble

MAINTENANCE_DATABASE = "postgres"
MIGRATION_LOCK = 7_296_011
"""One number for all services: each has a database of its own, and advisory locks end at its border."""


class UnknownDatabase(Trouble):
    """A service was not told where its database is."""


class UnreachableDatabase(Trouble):
    """A database can't be reached or made."""


def migrate_service(service: str) -> None:
    """Migrate the database that the environment names for this service."""
    variable = f"{service.upper()}_DATABASE_URL"
    if not (url := os.environ.get(variable)):
        raise UnknownDatabase(f"{variable} is not set.")
    migrate(service, url)


def migrate(service: str, url: str) -> None:
    """Two at once are no harm: the second waits and finds nothing left to do."""
    try:
        create_database(url)
    except psycopg.Error as refused:
        raise UnreachableDatabase(f"{service}: {one_line(refused)}") from refused
    if find_spec(f"services.{service}.migrations") is None:
        return
    with psycopg.connect(_plain(make_url(url)), autocommit=True) as guard:
        guard.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        command.upgrade(_configuration(service, url), "head")


def is_of_newest_shape(service: str, connection: Connection) -> bool:
    history = ScriptDirectory(f"{files('services')}/{service}/migrations")
    return MigrationContext.configure(connection).get_current_revision() == history.get_current_head()


def create_database(url: str) -> None:
    """Make the database named in ``url`` unless it exists; the role needs no right to make it then."""
    address = make_url(url)
    try:
        psycopg.connect(_plain(address), connect_timeout=10).close()
    except psycopg.OperationalError as refused:
        try:
            _create(address)
        except (psycopg.OperationalError, errors.InsufficientPrivilege):
            raise refused from None


def _create(address: URL) -> None:
    name = sql.Identifier(str(address.database))
    with psycopg.connect(_plain(address.set(database=MAINTENANCE_DATABASE)), autocommit=True) as server:
        try:
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(name))
        except (errors.DuplicateDatabase, errors.UniqueViolation):  # another start was quicker
            return


def _configuration(service: str, url: str) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", f"services:{service}/migrations")
    configuration.set_main_option("sqlalchemy.url", with_driver(url).replace("%", "%%"))
    return configuration


def _plain(address: URL) -> str:
    return address.set(drivername="postgresql").render_as_string(hide_password=False)


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())
