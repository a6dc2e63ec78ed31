"""Paged list of the clients (tilaajat) that a principal sees, and of the processes that a client has ordered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Label, Subquery, func, select
from sqlmodel import col

from services.booking.models.people import Client, Participant, Process, Supervisor
from services.booking.models.sessions import Session
from services.booking.security import permissions
from services.booking.security.permissions import REQUESTED
from services.core.database import Database
from services.finnish.alphabet import alphabetical
from services.web.security.tokens import Principal

PAGE_SIZE = 50


class ClientWithCounts(NamedTuple):
    client: Client
    active: int
    closed: int


class ClientPage(NamedTuple):
    """One page of clients, and whether more follow."""

    entries: list[ClientWithCounts]
    has_more: bool


def list_clients_with_counts(db: Database, who: Principal, words: str, page: int) -> ClientPage:
    """One page in alphabetical order, with the numbers of active and closed processes of each."""
    counts = _processes_of_each(who)
    query = (
        select(Client, func.coalesce(counts.c.active, 0), func.coalesce(counts.c.closed, 0))
        .outerjoin(counts, counts.c.client_id == col(Client.id))
        .where(permissions.visible_clients(who))
        .order_by(alphabetical(Client.name), col(Client.id))
    )
    for word in words.split():
        haystack = func.concat_ws(" ", *map(col, (Client.name, Client.first_name, Client.last_name, Client.email)))
        query = query.where(haystack.icontains(word, autoescape=True))
    rows = db.execute(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)).all()
    return ClientPage([ClientWithCounts(*row) for row in rows[:PAGE_SIZE]], len(rows) > PAGE_SIZE)


def _processes_of_each(who: Principal) -> Subquery:
    def count_of(status: str) -> Label[int]:
        return func.count().filter(col(Process.status) == status).label(status)

    query = select(col(Process.client_id), count_of("active"), count_of("closed"))
    return query.where(permissions.visible_processes(who)).group_by(col(Process.client_id)).subquery()


class Participation(NamedTuple):
    """Where a client's contact takes part themselves, and when the next session is."""

    person: Participant
    process: Process
    supervisor: Supervisor
    next_at: datetime | None


def list_own_participations(db: Database, client: Client, now: datetime) -> Sequence[Participation]:
    """By the address that the contact logged in with: the links of these participants lie in the same mailbox.

    An address that some client gave them since counts only once their supervisor has said yes to it.
    """
    next_at = (
        select(func.min(col(Session.starts_at)))
        .where(col(Session.process_id) == Process.id, col(Session.status) == "booked", col(Session.ends_at) > now)
        .scalar_subquery()
    )
    query = (
        select(Participant, Process, Supervisor, next_at)
        .join(Process, col(Process.id) == Participant.process_id)
        .join(Supervisor, col(Supervisor.id) == Process.supervisor_id)
        .where(
            func.lower(col(Participant.email)) == client.email.lower(),
            col(Participant.left_at).is_(None),
            col(Participant.readdressed_at).is_(None),
            col(Process.status) != REQUESTED,
        )
        .order_by(col(Process.status), col(Process.opened_at).desc())
        .limit(MAX_PROCESSES)
    )
    return [Participation(*row) for row in db.execute(query)]


MAX_PROCESSES = 100


@dataclass(frozen=True)
class OrderedProcess:
    """A process with its supervisor, the sessions held, and the next one."""

    process: Process
    supervisor: Supervisor
    held: int
    next_at: datetime | None


def list_ordered_processes(db: Database, who: Principal, now: datetime) -> Sequence[OrderedProcess]:
    """Active processes first, then the newest."""
    ahead = (col(Session.status) == "booked") & (col(Session.ends_at) > now)
    meetings = (
        select(
            col(Session.process_id),
            func.count().filter(col(Session.status) == "held").label("held"),
            func.min(col(Session.starts_at)).filter(ahead).label("next_at"),
        )
        .group_by(col(Session.process_id))
        .subquery()
    )
    query = (
        select(Process, Supervisor, func.coalesce(meetings.c.held, 0), meetings.c.next_at)
        .join(Supervisor, col(Supervisor.id) == Process.supervisor_id)
        .outerjoin(meetings, meetings.c.process_id == Process.id)
        .where(permissions.visible_with_requests(who))
        .order_by(col(Process.status), col(Process.opened_at).desc())
        .limit(MAX_PROCESSES)
    )
    return [OrderedProcess(*row) for row in db.execute(query)]
