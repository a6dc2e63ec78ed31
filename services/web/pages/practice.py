"""The practice's own name, colour and logo, as the pages of all services show them.

Each service keeps a row of it; a process looks at its row once a second, with the first request that has a transaction.
"""

import time
from contextvars import ContextVar
from typing import NamedTuple

from sqlmodel import Field, SQLModel, col, select

from services.core import design
from services.core.database import Database

DEFAULT_NAME = "Työnohjaus"
LOOKED_AT_EVERY = 1.0


class PracticeColumns(SQLModel):
    """What each service keeps of the practice, in one row; without it a practice has the usual look."""

    id: int = Field(default=1, primary_key=True)
    version: int = 1
    name: str = DEFAULT_NAME
    accent: str = design.LIGHT.accent
    logo_path: str | None = None


class PracticeView(NamedTuple):
    """What a page shows of it."""

    name: str = DEFAULT_NAME
    accent: str = design.LIGHT.accent
    logo_path: str | None = None

    @property
    def is_named(self) -> bool:
        return self.name != DEFAULT_NAME

    @property
    def stylesheet(self) -> str | None:
        """The colours that differ from those of the stylesheet of all."""
        return None if self.accent == design.LIGHT.accent else f"/accent/{self.accent[1:]}.css"

    @property
    def icon(self) -> str:
        return self.logo_path or f"/icon/{self.accent[1:]}.svg"


def practice_seen(db: Database, table: type[PracticeColumns]) -> PracticeView:
    row = db.execute(select(col(table.name), col(table.accent), col(table.logo_path))).one_or_none()
    return PracticeView(*row) if row else PracticeView()


class PracticeLook:
    """What this process knows of the practice."""

    def __init__(self, table: type[PracticeColumns] | None = None) -> None:
        self._table = table
        self._looked_at = float("-inf")
        self.seen = PracticeView()

    def look(self, db: Database) -> None:
        """See how it is now, unless that was done a moment ago."""
        if time.monotonic() >= self._looked_at + LOOKED_AT_EVERY:
            self.look_again(db)

    def look_again(self, db: Database) -> None:
        if self._table is not None:
            self.seen = practice_seen(db, self._table)
        self._looked_at = time.monotonic()


_look: ContextVar[PracticeLook] = ContextVar("practice", default=PracticeLook())  # noqa: B039 -- nothing changes it


def use_practice(look: PracticeLook) -> None:
    """From now on, in this request, the pages show this practice."""
    _look.set(look)


def shown_practice() -> PracticeView:
    return _look.get().seen
