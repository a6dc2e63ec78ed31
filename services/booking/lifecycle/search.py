"""One search over all that a supervisor sees: processes, people, clients, first talks, and the meetings of a day.

Every word has to occur somewhere in what names a thing. Why no index does this: docs/decisions/0030.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, extract, func, select
from sqlmodel import col

from services.booking.models.people import Client, Participant, Process
from services.booking.models.sessions import Intake, Session
from services.booking.security import permissions
from services.core.database import Database
from services.finnish.workdays import HELSINKI
from services.web.security.tokens import Principal

MOST = 8
"""So many of each kind are shown; who finds more types another word."""

Rows = Select[*tuple[Any, ...]]

DATE = re.compile(r"(?P<day>\d{1,2})\.\s*(?P<month>\d{1,2})\.?\s*(?P<year>\d{4})?|(?P<iso>\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Found:
    """At most MOST of each kind, and whether there are more of any."""

    processes: Sequence[tuple[Process, Client]]
    people: Sequence[tuple[Participant, Process]]
    clients: Sequence[Client]
    intakes: Sequence[Intake]
    sessions: Sequence[tuple[Session, Process]]
    has_more: bool

    @property
    def count(self) -> int:
        return sum(map(len, (self.processes, self.people, self.clients, self.intakes, self.sessions)))


def find(db: Database, who: Principal, asked: str, now: datetime) -> Found:
    """What somebody asked for by title, code, name, employer, address or, as ``14.1.`` or ``14.1.2027``, by day."""
    words = asked.split()
    if not words:
        return Found([], [], [], [], [], has_more=False)
    day = DATE.fullmatch(asked.strip())
    queries = (
        _processes(who, words),
        _people(who, words),
        _clients(who, words),
        _intakes(who, words, day, now),
        _sessions(who, day, now) if day else None,
    )
    found = [db.execute(query.limit(MOST + 1)).all() if query is not None else [] for query in queries]
    processes, people, clients, intakes, sessions = (rows[:MOST] for rows in found)
    return Found(
        [(process, client) for process, client in processes],
        [(person, process) for person, process in people],
        [client for (client,) in clients],
        [intake for (intake,) in intakes],
        [(session, process) for session, process in sessions],
        has_more=any(len(rows) > MOST for rows in found),
    )


def _processes(who: Principal, words: Sequence[str]) -> Rows:
    query = select(Process, Client).join(Client, col(Client.id) == Process.client_id)
    names = _occur(words, Process.code, Process.title, Client.name)
    query = query.where(permissions.visible_processes(who), names)
    return query.order_by(col(Process.status), col(Process.opened_at).desc(), col(Process.id))


def _people(who: Principal, words: Sequence[str]) -> Rows:
    names = _occur(words, Participant.first_name, Participant.last_name, Participant.email, Participant.employer)
    query = select(Participant, Process).join(Process, col(Process.id) == Participant.process_id)
    query = query.where(permissions.visible_processes(who), col(Participant.erased_at).is_(None), names)
    by_name = col(Participant.last_name), col(Participant.first_name), col(Participant.id)
    return query.order_by(col(Process.status), *by_name)


def _clients(who: Principal, words: Sequence[str]) -> Rows:
    names = _occur(words, Client.name, Client.first_name, Client.last_name, Client.email, Client.business_id)
    query = select(Client).where(permissions.visible_clients(who), names)
    return query.order_by(col(Client.name), col(Client.id))


def _intakes(who: Principal, words: Sequence[str], day: re.Match[str] | None, now: datetime) -> Rows:
    wanted = _on(day, Intake.starts_at) if day else _occur(words, Intake.name, Intake.email, Intake.organisation)
    query = select(Intake).where(
        col(Intake.supervisor_id) == who.party_id, col(Intake.status).in_(("confirmed", "cancelled"))
    )
    return query.where(wanted).order_by(_distance(Intake.starts_at, now), col(Intake.id))


def _sessions(who: Principal, day: re.Match[str], now: datetime) -> Rows:
    query = select(Session, Process).join(Process, col(Process.id) == Session.process_id)
    query = query.where(permissions.visible_processes(who), _on(day, Session.starts_at))
    return query.order_by(_distance(Session.starts_at, now), col(Session.id))


def _occur(words: Sequence[str], *columns: Any) -> ColumnElement[bool]:
    haystack = func.concat_ws(" ", *map(col, columns))
    return and_(*(haystack.icontains(word, autoescape=True) for word in words))


def _on(day: re.Match[str], column: Any) -> ColumnElement[bool]:
    """On this day, of this year or of any, where the supervisors are."""
    there = func.timezone(HELSINKI.key, col(column))
    if iso := day["iso"]:
        return cast(func.date(there), Text) == iso
    conditions = [extract("day", there) == int(day["day"]), extract("month", there) == int(day["month"])]
    if day["year"]:
        conditions.append(extract("year", there) == int(day["year"]))
    return and_(*conditions)


def _distance(column: Any, now: datetime) -> ColumnElement[Any]:
    return func.abs(extract("epoch", col(column) - now))
