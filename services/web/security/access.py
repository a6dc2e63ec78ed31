"""Access that was ended: by whatever somebody spoke before, a token or a cookie, no service listens to it any more.

Booking ends it and tells the others (`access.ended.v1`); each keeps what was ended for as long as tokens and cookies
of before might live. A process looks at that table once a second, so an end reaches everybody within seconds.
"""

import time
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Column, DateTime, MetaData, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, delete, select
from sqlmodel.sql.expression import SelectOfScalar

from services.core.database import Database
from services.events.catalogue import AccessEnded
from services.web.security.tokens import Principal

KEPT_FOR = timedelta(days=1)
"""Much longer than a token or the cookie of a page lives."""
LOOKED_AT_EVERY = 1.0


class Ended(SQLModel, registry=registry()):
    """The table of this module, in a metadata of its own that each service's migrations include."""


metadata: MetaData = Ended.metadata


class EndedAccess(Ended, table=True):
    """A credential or a browser's login that is over, or all that a party spoke by until then."""

    __tablename__ = "ended_access"
    ending_id: UUID = Field(primary_key=True)
    credential: str | None = None
    party_id: UUID | None = None
    ended_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))


def remember_ended(db: Database, event: AccessEnded) -> None:
    db.execute(insert(EndedAccess).values(event.model_dump(exclude={"version"})).on_conflict_do_nothing())


def prune_ended(db: Database) -> None:
    db.execute(delete(EndedAccess).where(col(EndedAccess.ended_at) < text("now() - :kept").bindparams(kept=KEPT_FOR)))


class AccessCheck:
    """What this process knows to be ended."""

    def __init__(self, inactive: SelectOfScalar[UUID] | None = None) -> None:
        """`inactive` selects the deactivated supervisors: they are refused whatever they were given, and whenever."""
        self._select_inactive = inactive
        self._looked_at = float("-inf")
        self._inactive: frozenset[UUID] = frozenset()
        self._credentials: frozenset[str] = frozenset()
        self._parties: dict[UUID, float] = {}

    def look(self, db: Database) -> None:
        """See what has been ended since, unless that was done a moment ago."""
        if (now := time.monotonic()) < self._looked_at + LOOKED_AT_EVERY:
            return
        columns = select(EndedAccess.credential, EndedAccess.party_id, EndedAccess.ended_at)
        ended = db.execute(columns.order_by(col(EndedAccess.ended_at))).all()
        self._credentials = frozenset(credential for credential, _, _ in ended if credential)
        self._parties = {party_id: ended_at.timestamp() for _, party_id, ended_at in ended if party_id}
        if self._select_inactive is not None:
            self._inactive = frozenset(db.scalars(self._select_inactive))
        self._looked_at = now

    def has_ended(self, principal: Principal, issued_at: float) -> bool:
        """Whether what was given to this principal then is worth nothing any more."""
        if principal.credential in self._credentials or principal.party_id in self._inactive:
            return True
        ended_at = self._parties.get(principal.party_id) if principal.party_id else None
        return ended_at is not None and issued_at <= ended_at
