"""Who sees what: an admin everything, a supervisor their own practice, a client what it ordered. Others see nothing."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, true
from sqlmodel import col, exists, select

from services.booking.models import Client, Process, Supervisor
from services.database import Database
from services.events.catalogue import Actor
from services.web.problems import NotFound
from services.web.tokens import Principal, Role

T = TypeVar("T")


def processes(who: Principal) -> ColumnElement[bool]:
    """The processes that somebody sees, as a condition."""
    match who.role:
        case Role.admin:
            return true()
        case Role.supervisor:
            return col(Process.supervisor_id) == who.party_id
        case Role.client:
            return col(Process.client_id) == who.party_id


def clients(who: Principal) -> ColumnElement[bool]:
    """A supervisor sees the clients whom they entered or work for."""
    match who.role:
        case Role.admin:
            return true()
        case Role.supervisor:
            works_for = exists().where(col(Process.client_id) == Client.id, processes(who))
            return or_(col(Client.entered_by) == who.party_id, works_for)
        case Role.client:
            return col(Client.id) == who.party_id


def practices(who: Principal) -> ColumnElement[bool]:
    """The supervisors whose working life somebody runs: an admin all, a supervisor their own, a client none."""
    match who.role:
        case Role.admin:
            return true()
        case Role.supervisor:
            return col(Supervisor.id) == who.party_id
        case Role.client:
            return false()


def process(db: Database, who: Principal, process_id: UUID, *, lock: bool = False) -> Process:
    query = select(Process).where(col(Process.id) == process_id, processes(who))
    return _one(db.scalars(query.with_for_update() if lock else query).one_or_none())


def client(db: Database, who: Principal, client_id: UUID, *, lock: bool = False) -> Client:
    query = select(Client).where(col(Client.id) == client_id, clients(who))
    return _one(db.scalars(query.with_for_update() if lock else query).one_or_none())


def practice(db: Database, who: Principal, supervisor_id: UUID, *, lock: bool = False) -> Supervisor:
    """A supervisor whose hours, calendar and contact details this principal may read and change."""
    query = select(Supervisor).where(col(Supervisor.id) == supervisor_id, practices(who))
    return _one(db.scalars(query.with_for_update() if lock else query).one_or_none())


def actor(who: Principal) -> Actor:
    """In whose name somebody acts: the firm's admin does the supervisor's work."""
    return Actor.client if who.role is Role.client else Actor.supervisor


def _one(row: T | None) -> T:
    if row is None:
        raise NotFound
    return row
