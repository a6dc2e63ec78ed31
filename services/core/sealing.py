"""What is sealed without anybody's asking: columns by the service's own key, fields of events by their reader's.

The engine of a service carries its keys, so that no statement can forget them.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Column, ColumnElement, Dialect, Engine, LargeBinary, String, func, inspect, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel

from services.core.database import Database, transaction
from services.core.encryption import ID_LENGTH, Encryption, encryption_for

MARK = "sealed:"
BATCH_SIZE = 100
LENGTHS = 256
"""What is sealed has a multiple of so many characters."""


@dataclass(frozen=True)
class Sealing:
    """The keys of a service: for what rests in its database, what it tells each reader, and what it hears from each."""

    service: str
    at_rest: Encryption
    told_to: Mapping[str, Encryption]
    heard_from: Mapping[str, Encryption]


def sealing_of(service: str, own_keys: str, shared_keys: Mapping[str, str]) -> Sealing:
    return _sealing(service, own_keys, tuple(shared_keys.items()))


@cache
def _sealing(service: str, own_keys: str, shared_keys: tuple[tuple[str, str], ...]) -> Sealing:
    return Sealing(
        service,
        encryption_for(own_keys, f"tyonohjaus {service}: columns at rest"),
        {other: encryption_for(keys, f"tyonohjaus: events from {service} to {other}") for other, keys in shared_keys},
        {other: encryption_for(keys, f"tyonohjaus: events from {other} to {service}") for other, keys in shared_keys},
    )


_CARRIED: WeakKeyDictionary[Dialect, Sealing] = WeakKeyDictionary()


def carrying(engine: Engine, sealing: Sealing) -> Engine:
    """The engine, which from now on seals and opens by these keys."""
    _CARRIED[engine.dialect] = sealing
    return engine


def carried_by(db: Database) -> Sealing:
    return _CARRIED[db.get_bind().dialect]


def of_even_length(value: Any) -> str:
    """As JSON, filled up with blanks: what is sealed shows its length, and a level has one sign more than another."""
    text = json.dumps(value)
    return text + " " * (-len(text) % LENGTHS)


# -- columns ----------------------------------------------------------------------------------------------


class SealedColumn(TypeDecorator[Any]):
    """A column whose content its service alone opens. What version 0.1 wrote there in the clear is read as it is."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = String
    cache_ok = True

    def __init__(self, place: str) -> None:
        """What is sealed for one place, such as ``report.html``, opens in no other."""
        super().__init__()
        self.place = place

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return value if self.is_empty(value) else self.seal(_CARRIED[dialect].at_rest, value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return value if self.is_empty(value) else self.open(_CARRIED[dialect].at_rest, value)

    def is_empty(self, value: Any) -> bool:
        return not value

    def seal(self, keys: Encryption, value: Any) -> Any:
        return MARK + keys.current_id.hex() + base64.b64encode(keys.seal(value, self.place)).decode()

    def open(self, keys: Encryption, value: Any) -> Any:
        if not value.startswith(MARK):
            return value
        return keys.open(base64.b64decode(value[len(MARK) + 2 * ID_LENGTH :]), self.place)

    def text_of(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        """What begins with the mark and the id of the key, once it is sealed; null or empty where nothing is."""
        return type_coerce(column, String())


class SealedJson(SealedColumn):
    impl = JSONB(none_as_null=True)
    cache_ok = True

    def is_empty(self, value: Any) -> bool:
        return value is None

    def seal(self, keys: Encryption, value: Any) -> Any:
        return super().seal(keys, of_even_length(value))

    def open(self, keys: Encryption, value: Any) -> Any:
        return json.loads(super().open(keys, value)) if isinstance(value, str) else value

    def text_of(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        text: ColumnElement[str] = type_coerce(column, JSONB())[()].astext
        return text


class SealedLines(SealedColumn):
    impl = ARRAY(String())
    cache_ok = True

    def seal(self, keys: Encryption, value: Any) -> Any:
        return [super().seal(keys, json.dumps(value))]

    def open(self, keys: Encryption, value: Any) -> Any:
        return json.loads(super().open(keys, value[0])) if value[0].startswith(MARK) else value

    def text_of(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        return type_coerce(column, ARRAY(String()))[1]


class SealedTexts(SealedColumn):
    """Each text by itself, so that the database still sees how many there are."""

    impl = ARRAY(String())
    cache_ok = True

    def seal(self, keys: Encryption, value: Any) -> Any:
        return [super(SealedTexts, self).seal(keys, each) for each in value]

    def open(self, keys: Encryption, value: Any) -> Any:
        return [super(SealedTexts, self).open(keys, each) for each in value]

    def text_of(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        return type_coerce(column, ARRAY(String()))[1]


class SealedFile(SealedColumn):
    impl = LargeBinary
    cache_ok = True

    def seal(self, keys: Encryption, value: Any) -> Any:
        return (MARK + keys.current_id.hex()).encode() + keys.seal_bytes(value, self.place)

    def open(self, keys: Encryption, value: Any) -> Any:
        if not value.startswith(MARK.encode()):
            return value
        return keys.open_bytes(value[len(MARK) + 2 * ID_LENGTH :], self.place)

    def text_of(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        beginning = func.substr(column, 1, len(MARK) + 2 * ID_LENGTH)
        return type_coerce(func.encode(beginning, "escape"), String())


def sealed_column(kind: SealedColumn, *, nullable: bool = False, default: Any = None) -> Any:
    return Field(default=default, sa_column=Column(kind, nullable=nullable))


class EncryptedColumn(NamedTuple):
    """A column of bytes that are sealed by hand, and the context that those of a row were sealed for."""

    table: type[Any]
    column: str
    context: Callable[[Any], str]


def reencrypt_batch(engine: Engine, encryption: Encryption, columns: Sequence[EncryptedColumn]) -> bool:
    """Seal some of it by the newest key; returns whether there may be more under older ones."""
    return bool(encryption.older_ids and sum(_reencrypt(engine, encryption, *each) for each in columns))


def _reencrypt(
    engine: Engine, encryption: Encryption, table: type[Any], column: str, context: Callable[[Any], str]
) -> bool:
    key_id = func.substr(getattr(table, column), 1, ID_LENGTH)
    query = select(table).where(key_id.in_(encryption.older_ids)).limit(BATCH_SIZE)
    with transaction(engine) as db:
        rows = db.scalars(query.with_for_update(skip_locked=True)).all()
        for row in rows:
            opened = encryption.open_bytes(getattr(row, column), context(row))
            setattr(row, column, encryption.seal_bytes(opened, context(row)))
    return bool(rows)


def reseal_batch(engine: Engine, tables: Sequence[type[SQLModel]]) -> bool:
    """Seal some of what rests in the clear or under an older key; returns whether more may wait."""
    columns = [(table, column, column.type) for table in tables for column in inspect(table).columns]
    sealed = [(table, column, kind) for table, column, kind in columns if isinstance(kind, SealedColumn)]
    return bool(sum(_reseal(engine, *each) for each in sealed))


def _reseal(engine: Engine, table: type[SQLModel], column: Column[Any], kind: SealedColumn) -> bool:
    with transaction(engine) as db:
        text = kind.text_of(column)
        current = MARK + carried_by(db).at_rest.current_id.hex()
        query = select(table).where(text != "", ~text.startswith(current)).limit(BATCH_SIZE)
        rows = db.scalars(query.with_for_update(skip_locked=True)).all()
        for row in rows:
            flag_modified(row, column.key)
    return len(rows) == BATCH_SIZE
