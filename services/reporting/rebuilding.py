"""Everything that was told, emptied to be told anew; until it has come in again nothing is made of it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, delete, func, insert
from sqlmodel import col, select

from services.database import Database
from services.events.inbox import Received
from services.reporting.models import TOLD, Awaited
from services.web.problems import Problem

NOT_ALL_ASKED_FOR = UUID(int=0)
"""An event that never comes: as long as it is awaited, booking has not told everything."""

ONE_AT_A_TIME, READ_OR_EMPTIED = 7_391_005, 7_391_006


class NotToldYet(Problem):
    """We have not yet heard of everything that this is made of."""

    status = 503
    finnish = "Emme ole vielä kuulleet kaikkea, mistä tämä koostuu."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


# -- what the operator's command does ---------------------------------------------------------------------


@contextmanager
def alone(engine: Engine) -> Iterator[bool]:
    """Whether nobody else rebuilds at the moment; nobody will, as long as the block lasts."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            yield connection.scalars(select(func.pg_try_advisory_lock(ONE_AT_A_TIME))).one()
        finally:
            connection.execute(select(func.pg_advisory_unlock_all()))


def begin(db: Database) -> None:
    """Forget what was told, once whatever is being made of it is made. What an earlier try waited for is void."""
    db.execute(select(func.pg_advisory_xact_lock(READ_OR_EMPTIED)))
    tables: tuple[Any, ...] = (*TOLD, Awaited)
    for table in tables:
        db.execute(delete(table))
    expect(db, [NOT_ALL_ASKED_FOR])


def expect(db: Database, events: Iterable[UUID]) -> None:
    """Wait for these events before anything is made of what was told."""
    if rows := [{"event_id": event_id} for event_id in events]:
        db.execute(insert(Awaited), rows)


def end(db: Database) -> None:
    """Everything has been asked for: wait for nothing but what was promised."""
    db.execute(delete(Awaited).where(col(Awaited.event_id) == NOT_ALL_ASKED_FOR))


# -- what the service looks at ----------------------------------------------------------------------------


def ensure_told(db: Database) -> None:
    """Raise NotToldYet while a rebuild is under way; none begins before the caller's transaction has ended."""
    db.execute(select(func.pg_advisory_xact_lock_shared(READ_OR_EMPTIED)))
    if awaited(db):
        raise NotToldYet


def awaited(db: Database) -> int:
    return db.scalars(select(func.count()).select_from(Awaited).where(~_has_come())).one()


def is_under_way() -> ColumnElement[bool]:
    return select(Awaited.event_id).where(~_has_come()).exists()


def _has_come() -> ColumnElement[bool]:
    return select(Received.event_id).where(col(Received.event_id) == col(Awaited.event_id)).exists()


def tidy(db: Database) -> None:
    """What has come is no longer awaited, also when the inbox forgets it."""
    db.execute(delete(Awaited).where(_has_come()))


def check(db: Database) -> Iterable[str]:
    if left := awaited(db):
        yield f"a rebuild waits for {left} events"
