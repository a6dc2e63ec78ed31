"""Lists that come in pages: an opaque cursor holds the place where the last page ended."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import Select, tuple_

from services.core.database import Database
from services.web.errors.validation import invalid

T = TypeVar("T")
Row = TypeVar("Row")


class Page(BaseModel, Generic[T]):
    """Some of the items, and where the next ones are; no cursor means that these are the last."""

    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True)
class Paging:
    limit: int
    cursor: str | None


async def _paging(
    limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Annotated[str | None, Query(max_length=500)] = None
) -> Paging:
    return Paging(limit, cursor)


Paged = Annotated[Paging, Depends(_paging)]


def fetch_page(
    db: Database, query: Select[Row], order: Sequence[Any], paging: Paging, *, newest_first: bool = False
) -> tuple[list[Row], str | None]:
    """One page of a query, ordered by columns that together are unique, and the cursor of the next."""
    if paging.cursor is not None:
        place, last_seen = tuple_(*order), tuple_(*decode_cursor(paging.cursor, order))
        query = query.where(place < last_seen if newest_first else place > last_seen)
    sorting = [column.desc() for column in order] if newest_first else order
    rows = list(db.scalars(query.order_by(*sorting).limit(paging.limit + 1)))
    page = rows[: paging.limit]
    return page, encode_cursor([getattr(page[-1], column.key) for column in order]) if len(rows) > len(page) else None


def encode_cursor(place: Sequence[object]) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(value) for value in place]).encode()).decode()


def decode_cursor(cursor: str, order: Sequence[Any]) -> list[Any]:
    """The values in a cursor, each of its column's type. A made-up cursor is refused, whatever is in it."""
    try:
        texts = json.loads(base64.urlsafe_b64decode(cursor))
        return [_value(column, text) for column, text in zip(order, texts, strict=True)]
    except (ValueError, TypeError, RecursionError) as error:
        raise invalid("cursor", "Tämä ei ole saamasi kohdistin.", "This is not a cursor you were given.") from error


def _value(column: Any, text: object) -> object:
    if not isinstance(text, str):
        raise TypeError("a cursor holds texts")
    kind = column.type.python_type
    if kind is datetime:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("naive")
        return moment
    return kind(text)
