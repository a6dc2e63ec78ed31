"""A rebuild of the projections: emptied, then filled by events published again; no report is compiled meanwhile."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, delete, func, insert
from sqlmodel import col, select

from services.core.database import Database
from services.events.inbox import Received
from services.reporting.models import REBUILT_TABLES, AwaitedEvent
from services.web.errors.problems import Problem
from services.web.i18n.language import Text

UNFINISHED_REBUILD = UUID(int=0)
"""An event that never arrives: while it is awaited, booking has not published everything yet."""

REBUILD_LOCK, TABLES_LOCK = 7_391_005, 7_391_006


class NotToldYet(Problem):
    """The data for this has not arrived yet."""

    status = 503
    finnish = "Emme ole vielä kuulleet kaikkea, mistä tämä koostuu."
    advice = Text(fi="Yritä hetken kuluttua uudelleen.", en="Try again in a moment.")

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


@contextmanager
def exclusive_rebuild(engine: Engine) -> Iterator[bool]:
    """Whether this is the only rebuild; no other one starts while the block lasts."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            yield connection.scalars(select(func.pg_try_advisory_lock(REBUILD_LOCK))).one()
        finally:
            connection.execute(select(func.pg_advisory_unlock_all()))


def begin_rebuild(db: Database) -> None:
    """Empty the tables, once the reports being compiled are done. Events awaited by an earlier try are dropped."""
    db.execute(select(func.pg_advisory_xact_lock(TABLES_LOCK)))
    tables: tuple[Any, ...] = (*REBUILT_TABLES, AwaitedEvent)
    for table in tables:
        db.execute(delete(table))
    expect_events(db, [UNFINISHED_REBUILD])


def expect_events(db: Database, events: Iterable[UUID]) -> None:
    """Compile no report before these events have arrived."""
    if rows := [{"event_id": event_id} for event_id in events]:
        db.execute(insert(AwaitedEvent), rows)


def end_rebuild(db: Database) -> None:
    """Everything has been published: only the expected events are still awaited."""
    db.execute(delete(AwaitedEvent).where(col(AwaitedEvent.event_id) == UNFINISHED_REBUILD))


def ensure_complete(db: Database) -> None:
    """Raise NotToldYet while a rebuild is under way; none begins before the caller's transaction has ended."""
    db.execute(select(func.pg_advisory_xact_lock_shared(TABLES_LOCK)))
    if count_awaited(db):
        raise NotToldYet


def count_awaited(db: Database) -> int:
    return db.scalars(select(func.count()).select_from(AwaitedEvent).where(~_has_come())).one()


def is_rebuild_under_way() -> ColumnElement[bool]:
    return select(AwaitedEvent.event_id).where(~_has_come()).exists()


def _has_come() -> ColumnElement[bool]:
    return select(Received.event_id).where(col(Received.event_id) == col(AwaitedEvent.event_id)).exists()


def forget_arrived(db: Database) -> None:
    """Events that have arrived are no longer awaited, even once the inbox is pruned."""
    db.execute(delete(AwaitedEvent).where(_has_come()))


def check_rebuild(db: Database) -> Iterable[str]:
    if left := count_awaited(db):
        yield f"a rebuild waits for {left} events"
