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

from services.core.database import with_driver
from services.core.errors import OperatorError
from services.core.schema.roles import grant_to_service, prepare_service_role

MAINTENANCE_DATABASE = "postgres"
MIGRATION_LOCK = 7_296_011
"""One number for all services: each has a database of its own, and advisory locks end at its border."""


class UnknownDatabase(OperatorError):
    """A service was not told where its database is."""


class UnreachableDatabase(OperatorError):
    """A database can't be reached or made."""


def migrate_service(service: str) -> None:
    """Migrate the database that the environment names for this service."""
    variable = f"{service.upper()}_DATABASE_URL"
    if not (url := os.environ.get(variable)):
        raise UnknownDatabase(f"{variable} is not set.")
    migrate(service, url, os.environ.get(f"{service.upper()}_OWNER_DATABASE_URL"))


def migrate(service: str, url: str, owner_url: str | None = None) -> None:
    """Two at once are no harm: the second waits and finds nothing left to do.

    Given an owner, who may be any role with the rights of the service's, the tables are theirs and not the service's.
    """
    owner, user = make_url(owner_url or url), make_url(url)
    try:
        create_database(_plain(owner))
        if find_spec(f"services.{service}.migrations") is not None:
            _migrate(service, owner, user if user.username != owner.username else None)
    except psycopg.Error as refused:
        raise UnreachableDatabase(f"{service}: {one_line(refused)}") from refused


def _migrate(service: str, owner: URL, user: URL | None) -> None:
    with psycopg.connect(_plain(owner), autocommit=True) as guard:
        guard.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        if user:
            prepare_service_role(guard, user)
        command.upgrade(_configuration(service, _plain(owner)), "head")
        if user:
            grant_to_service(guard, user)


def has_newest_schema(service: str, connection: Connection) -> bool:
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
