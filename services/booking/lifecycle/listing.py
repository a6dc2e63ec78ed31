"""Paged list of processes with their progress, searched by words."""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlmodel import col

from services.booking.lifecycle import facts as process_facts
from services.booking.lifecycle.steps import ProcessFacts
from services.booking.models.people import Client, Process
from services.booking.security import permissions
from services.core.database import Database
from services.web.security.tokens import Principal

PAGE_SIZE = 25

Status = Literal["active", "closed"]


class ProcessWithFacts(NamedTuple):
    process: Process
    client: Client
    facts: ProcessFacts


class ProcessPage(NamedTuple):
    """One page of processes, and whether more follow."""

    entries: list[ProcessWithFacts]
    has_more: bool


def list_processes_with_facts(
    db: Database, who: Principal, status: Status, words: str, page: int, now: datetime
) -> ProcessPage:
    """One page of the processes that a principal sees, the newest first."""
    wanted = and_(permissions.visible_processes(who), col(Process.status) == status, _matching(words))
    return _load_page(db, wanted, page, now)


def list_processes_of_client(db: Database, who: Principal, client_id: UUID, page: int, now: datetime) -> ProcessPage:
    return _load_page(db, and_(permissions.visible_processes(who), col(Process.client_id) == client_id), page, now)


def _load_page(db: Database, condition: ColumnElement[bool], page: int, now: datetime) -> ProcessPage:
    query = select(Process, Client).join(Client, col(Client.id) == Process.client_id).where(condition)
    query = query.order_by(col(Process.status), col(Process.opened_at).desc(), col(Process.id))
    rows = db.execute(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)).all()
    shown = rows[:PAGE_SIZE]
    facts = process_facts.load_facts_of_processes(db, [process for process, _ in shown], now)
    entries = [ProcessWithFacts(process, client, facts[process.id]) for process, client in shown]
    return ProcessPage(entries, len(rows) > PAGE_SIZE)


def _matching(words: str) -> ColumnElement[bool]:
    """Each word occurs in the code, the title or the name of the client."""
    haystack = func.concat_ws(" ", col(Process.code), col(Process.title), col(Client.name))
    return and_(true(), *(haystack.icontains(word, autoescape=True) for word in words.split()))


def count_processes(db: Database, who: Principal) -> dict[str, int]:
    """The numbers of active and closed processes."""
    query = select(col(Process.status), func.count()).where(permissions.visible_processes(who))
    return dict(db.execute(query.group_by(col(Process.status))).all())
