"""Everything that was told, emptied to be told anew; until it has come in again no report is made of it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert
from sqlmodel import col, select

from services.database import Database
from services.events.inbox import Received
from services.reporting.models import TOLD, Awaited


def empty(db: Database, awaited: Iterable[UUID]) -> None:
    """Forget what was told, and wait for these events before anything is made of it again."""
    tables: tuple[Any, ...] = (*TOLD, Received, Awaited)
    for table in tables:
        db.execute(delete(table))
    db.execute(insert(Awaited), [{"event_id": event_id} for event_id in awaited])


def awaited(db: Database) -> int:
    return db.scalars(select(func.count()).select_from(Awaited).where(is_awaited())).one()


def is_awaited() -> ColumnElement[bool]:
    has_come = select(Received.event_id).where(col(Received.event_id) == col(Awaited.event_id)).exists()
    return ~has_come


def is_under_way() -> ColumnElement[bool]:
    return select(Awaited.event_id).where(is_awaited()).exists()


def check(db: Database) -> Iterable[str]:
    if left := awaited(db):
        yield f"a rebuild waits for {left} events"
