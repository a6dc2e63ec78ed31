"""The processes of a practice as its supervisor leafs through them: found by words, each with how far it has come."""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlmodel import col

from services.booking import access, process_facts
from services.booking.models import Client, Process
from services.booking.process_steps import Facts
from services.database import Database
from services.web.tokens import Principal

ON_A_PAGE = 25

Status = Literal["active", "closed"]


class Entry(NamedTuple):
    process: Process
    client: Client
    facts: Facts


class Leaf(NamedTuple):
    """Some of the processes, and whether more come after them."""

    entries: list[Entry]
    has_more: bool


def look(db: Database, who: Principal, status: Status, words: str, page: int, now: datetime) -> Leaf:
    """One page of those that somebody sees, the newest first."""
    return _leaf(db, and_(access.processes(who), col(Process.status) == status, _matching(words)), page, now)


def of_client(db: Database, who: Principal, client_id: UUID, page: int, now: datetime) -> Leaf:
    return _leaf(db, and_(access.processes(who), col(Process.client_id) == client_id), page, now)


def _leaf(db: Database, condition: ColumnElement[bool], page: int, now: datetime) -> Leaf:
    query = select(Process, Client).join(Client, col(Client.id) == Process.client_id).where(condition)
    query = query.order_by(col(Process.status), col(Process.opened_at).desc(), col(Process.id))
    rows = db.execute(query.offset((page - 1) * ON_A_PAGE).limit(ON_A_PAGE + 1)).all()
    shown = rows[:ON_A_PAGE]
    facts = process_facts.of_processes(db, [process for process, _ in shown], now)
    return Leaf([Entry(process, client, facts[process.id]) for process, client in shown], len(rows) > ON_A_PAGE)


def _matching(words: str) -> ColumnElement[bool]:
    """Each of the words is somewhere in the code, the title, or the name of the client."""
    haystack = func.concat_ws(" ", col(Process.code), col(Process.title), col(Client.name))
    return and_(true(), *(haystack.icontains(word, autoescape=True) for word in words.split()))


def count(db: Database, who: Principal) -> dict[str, int]:
    """How many processes go on and how many have ended."""
    query = select(col(Process.status), func.count()).where(access.processes(who)).group_by(col(Process.status))
    return dict(db.execute(query).all())
