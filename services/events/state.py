"""What events say, kept as the newest state, so that neither their order nor a repetition of them matters."""

from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import SQLModel

from services.core.database import Database
from services.events.catalogue import Event


def keep(db: Database, row: SQLModel) -> bool:
    """Add a version unless it is there; says whether it was new."""
    return _is_new(db, insert(_table(row)).values(row.model_dump()).on_conflict_do_nothing())


def keep_newest(db: Database, row: SQLModel) -> bool:
    """Put the row in the place of an older version; says whether it was newer than what is there."""
    table, values = _table(row), row.model_dump()
    key = {column.key: column for column in table.primary_key}
    statement = insert(table).values(values)
    newer = statement.on_conflict_do_update(
        index_elements=list(key.values()),
        set_={name: statement.excluded[name] for name in values if name not in key},
        where=table.c.version < statement.excluded.version,
    )
    return _is_new(db, newer)


def fields(event: Event, table: type[SQLModel]) -> dict[str, Any]:
    """What the event and the table both know, under the same names."""
    known = {name: value for name, value in event if name in table.model_fields}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in known.items()}


def _table(row: SQLModel) -> Table:
    table: Table = type(row).__table__  # type: ignore[attr-defined]
    return table


def _is_new(db: Database, statement: Insert) -> bool:
    is_new = db.execute(statement.returning(text("1"))).first() is not None
    db.expire_all()  # what was read before would be taken for the newest state
    return is_new
