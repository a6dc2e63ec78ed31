"""The one way to reach PostgreSQL: an engine that gives up in time, a transaction that ends in one piece, and ids."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlmodel import Session as Database

__all__ = ["Database", "engine", "new_id", "transaction", "with_driver"]

# A wait for a lock ends in a clear answer, a runaway query and a forgotten transaction end by themselves.
SERVER_SETTINGS = {
    "timezone": "UTC",
    "lock_timeout": "3s",
    "statement_timeout": "20s",
    "idle_in_transaction_session_timeout": "60s",
}


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


_ids = threading.Lock()
_latest = 0


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562 §6.2, method 3): what one process makes later sorts later."""
    global _latest  # noqa: PLW0603 -- one order for all threads
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    with _ids:
        _latest = max(_latest + 1, milliseconds << 12 | rest * 4096 // 1_000_000)
        stamp = _latest
    return UUID(int=(stamp >> 12) << 80 | 7 << 76 | (stamp & 0xFFF) << 64 | 2 << 62 | secrets.randbits(62))
