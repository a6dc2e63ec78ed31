"""The one way to reach PostgreSQL: an engine that gives up in time, a transaction in one piece, columns, and ids."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Engine, Enum, Uuid, create_engine
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine import make_url
from sqlmodel import Field
from sqlmodel import Session as Database
from uuid_utils.compat import uuid7

__all__ = [
    "Database",
    "engine",
    "enum_column",
    "instant",
    "json_column",
    "new_id",
    "transaction",
    "uuid_list",
    "with_driver",
]

# A wait for a lock ends in a clear answer, a runaway query and a forgotten transaction end by themselves.
SERVER_SETTINGS = {
    "timezone": "UTC",
    "lock_timeout": "3s",
    "statement_timeout": "20s",
    "idle_in_transaction_session_timeout": "60s",
}


def instant(*, nullable: bool = False, index: bool = False) -> Any:
    """A column for a point in time, with its offset."""
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=nullable, index=index)


def enum_column(kind: type[StrEnum], default: StrEnum | None = None, *, nullable: bool = False) -> Any:
    """An enum, stored as text."""
    return Field(default=default, sa_column=Column(Enum(kind, native_enum=False, length=20), nullable=nullable))


def uuid_list() -> Any:
    return Field(default_factory=list, sa_column=Column(ARRAY(Uuid()), nullable=False))


def json_column(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(JSONB, nullable=nullable))


def with_driver(url: str) -> str:
    """Name the driver in a plain ``postgresql://`` address, as operators write it."""
    address = make_url(url)
    if address.drivername in ("postgres", "postgresql"):
        address = address.set(drivername="postgresql+psycopg")
    return address.render_as_string(hide_password=False)


def engine(url: str, *, pool_size: int = 10) -> Engine:
    options = " ".join(f"-c {name}={value}" for name, value in SERVER_SETTINGS.items())
    return create_engine(
        with_driver(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,  # an error that is logged names the statement, not the people in it
        pool_pre_ping=True,  # PostgreSQL may have been restarted since the connection was last used
        connect_args={"options": options, "connect_timeout": 5},
    )


@contextmanager
def transaction(engine: Engine) -> Iterator[Database]:
    """Commit when the block ends, roll back when it raises. Objects stay readable afterwards."""
    with Database(engine, expire_on_commit=False) as db, db.begin():
        yield db


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562 §5.7): what one process makes later sorts later, forked processes differ."""
    return uuid7()
