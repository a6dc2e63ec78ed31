"""The audit trail: who changed or read what, and by which key. In ids only, written once and for ever.

What a request changes is noted by its rows as they are flushed, whoever wrote the endpoint. Reading, and what says
more than a row does, is noted in words. What a service does by itself is nobody's doing and is not noted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import event, inspect
from sqlmodel import Field, SQLModel
from starlette.requests import Request

from services.core.database import Database, instant
from services.web.security.tokens import Principal, Role

ANYONE = "anyone"
"""Whoever uses what needs no login."""

TRAIL, REQUEST, GUEST, SEEN, SAID = "trail", "request", "guest", "seen", "said"


class AuditColumns(SQLModel):
    """An entry of a service's trail: who did or read what, in ids only; a trigger lets nobody change it."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(index=True)
    actor: str
    action: str
    subject: str = Field(index=True)
    #: the credential or the browser by which it was done
    via: str = Field(default="", sa_column_kwargs={"server_default": ""})
    #: the supervisor whose practice it concerns
    practice_id: UUID | None = None


class Watched(NamedTuple):
    """What the rows of a table are called, and about whom or what a change of them is."""

    noun: str
    subject: str
    key: str


class WrittenRow(NamedTuple):
    """A row that was written. It is held until the trail is: whose practice it is in needs no look at the database."""

    subject: str
    action: str
    row: SQLModel


@dataclass(frozen=True)
class AuditTrail:
    """How one service keeps its trail: its table, what is watched, and whose practice a subject belongs to."""

    entry: Callable[..., SQLModel]
    watched: Mapping[type[SQLModel], Watched]
    practice: Callable[[Database, str], UUID | None]

    def note(self, db: Database, now: datetime, action: str, subject: str, guest: str = ANYONE) -> None:
        """Write an entry. `guest` is whose doing it is where nobody has logged in."""
        principal = _principal(db)
        if principal is None:
            db.info[GUEST] = guest
        practice = self.practice(db, subject) or _own_practice(principal)
        actor, via = (actor_of(principal), principal.credential) if principal else (guest, "")
        db.add(self.entry(at=now, actor=actor, via=via, action=action, subject=subject, practice_id=practice))
        db.info.setdefault(SAID, set()).add(subject)


def begin_trail(db: Database, trail: AuditTrail | None, request: Request) -> None:
    """From now on note what this transaction changes, by whoever is found to have sent the request."""
    if trail:
        db.info.update({TRAIL: trail, REQUEST: request})


def note_guest(db: Database, guest: str) -> None:
    """Somebody without a login came by their own link."""
    db.info.setdefault(GUEST, guest)


def write_trail(db: Database, now: datetime) -> None:
    """Note the changed rows of which nothing was said in words."""
    trail: AuditTrail | None = db.info.get(TRAIL)
    if trail is None:
        return
    db.flush()
    said: set[str] = db.info.get(SAID, set())
    unsaid = [(one.action, one.subject) for one in db.info.get(SEEN, {}).values() if one.subject not in said]
    for action, subject in unsaid:
        trail.note(db, now, action, subject, db.info.get(GUEST, ANYONE))


def actor_of(principal: Principal) -> str:
    """``supervisor/<id>``, ``client/<id>`` or ``admin``."""
    return f"{principal.role}/{principal.party_id}" if principal.party_id else principal.role.value


def _principal(db: Database) -> Principal | None:
    request: Request | None = db.info.get(REQUEST)
    return getattr(request.state, "principal", None) if request else None


def _own_practice(principal: Principal | None) -> UUID | None:
    return principal.party_id if principal and principal.role is Role.supervisor else None


@event.listens_for(Database, "before_flush")
def _note_changed_rows(db: Database, *_: Any) -> None:
    """See which watched rows are about to be written. What happens to a row first is what is told of it."""
    trail: AuditTrail | None = db.info.get(TRAIL)
    if trail is None:
        return
    seen: dict[tuple[str, str], WrittenRow] = db.info.setdefault(SEEN, {})
    for rows, verb in ((db.new, "added"), (db.deleted, "removed"), (db.dirty, "changed")):
        for row in rows:
            watched = trail.watched.get(type(row))
            if watched is None or (verb == "changed" and not db.is_modified(row)):
                continue
            subject = f"{watched.subject}/{getattr(row, watched.key)}"
            seen.setdefault((watched.noun, subject), WrittenRow(subject, f"{watched.noun}.{_verb(row, verb)}", row))


def _verb(row: SQLModel, verb: str) -> str:
    """A row whose status changes has become what the status says."""
    if verb == "changed" and "status" in inspect(row).attrs and inspect(row).attrs.status.history.has_changes():
        return str(row.status)  # type: ignore[attr-defined]  # the line above has looked
    return verb
