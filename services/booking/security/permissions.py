"""Who may see what: an admin everything, a supervisor their own practice, a client its own processes.

A process that a client has only asked for (see `supervision/requests.py`) is none yet: of all that can be done with
a process nothing can be done with it but what names it.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlmodel import col, exists, select

from services.booking.models.people import Client, Process, Supervisor
from services.core.database import Database
from services.events.catalogue import Actor
from services.web.errors.problems import Forbidden, Problem
from services.web.i18n.language import Text
from services.web.security.tokens import Principal, Role


class ClientIsShared(Forbidden):
    """Only the client itself or the administrator can change this."""

    finnish = "Vain tilaaja itse tai ylläpito voi muuttaa tätä."
    advice = Text(
        fi="Tilaajalla on muitakin työnohjaajia. Pyydä muutosta tilaajalta itseltään tai ylläpidolta.",
        en="The client has other supervisors too. Ask the client itself or the administrator.",
    )


REQUESTED = "requested"


class ProcessAwaitsAnswer(Problem):
    """The supervisor has not yet agreed to this process."""

    status = 409
    finnish = "Työnohjaaja ei ole vielä vastannut tähän pyyntöön."
    advice = Text(
        fi="Odota vastausta. Siihen asti voit pitää muutamaa aikaa varattuna; muu onnistuu, kun työ alkaa.",
        en="Wait for the answer. Until then a few times can be held; everything else has to wait.",
    )


def visible_processes(who: Principal) -> ColumnElement[bool]:
    """The processes that a principal may see, as a condition."""
    return and_(col(Process.status) != REQUESTED, visible_with_requests(who))


def visible_with_requests(who: Principal) -> ColumnElement[bool]:
    """The same, with those that a client has only asked for."""
    match who.role:
        case Role.admin:
            return true()
        case Role.supervisor:
            return col(Process.supervisor_id) == who.party_id
        case Role.client:
            return col(Process.client_id) == who.party_id


def visible_clients(who: Principal) -> ColumnElement[bool]:
    """A supervisor sees the clients whom they entered or work for."""
    match who.role:
        case Role.admin:
            return true()
        case Role.supervisor:
            works_for = exists().where(col(Process.client_id) == Client.id, visible_processes(who))
            return or_(col(Client.entered_by) == who.party_id, works_for)
        case Role.client:
            return col(Client.id) == who.party_id


def managed_supervisors(who: Principal) -> ColumnElement[bool]:
    """The supervisors whose practice a principal manages: an admin all, a supervisor their own, a client none."""
    match who.role:
        case Role.admin:
            return true()
        case Role.supervisor:
            return col(Supervisor.id) == who.party_id
        case Role.client:
            return false()


def find_process(db: Database, who: Principal, process_id: UUID, *, lock: bool = False) -> Process:
    process = find_process_or_request(db, who, process_id, lock=lock)
    if process.status == REQUESTED:
        raise ProcessAwaitsAnswer
    return process


def find_process_or_request(db: Database, who: Principal, process_id: UUID, *, lock: bool = False) -> Process:
    query = select(Process).where(col(Process.id) == process_id, visible_with_requests(who))
    return db.scalars(query.with_for_update() if lock else query).one()


def find_client(db: Database, who: Principal, client_id: UUID, *, lock: bool = False) -> Client:
    query = select(Client).where(col(Client.id) == client_id, visible_clients(who))
    return db.scalars(query.with_for_update() if lock else query).one()


def ensure_client_is_not_shared(db: Database, who: Principal, client: Client) -> None:
    """A client of several supervisors is in its own hands: its contact and its credentials open what all of them do.

    Whom it has only asked counts too. Who gives access by it holds the lock on the client's row.
    """
    others = exists().where(col(Process.client_id) == client.id, col(Process.supervisor_id) != who.party_id)
    is_anothers = client.entered_by not in (None, who.party_id) or db.scalar(select(others))
    if who.role is Role.supervisor and is_anothers:
        raise ClientIsShared


def find_managed_supervisor(db: Database, who: Principal, supervisor_id: UUID, *, lock: bool = False) -> Supervisor:
    """A supervisor whose hours, calendar and contact details this principal may read and change."""
    query = select(Supervisor).where(col(Supervisor.id) == supervisor_id, managed_supervisors(who))
    return db.scalars(query.with_for_update() if lock else query).one()


def actor_of(who: Principal) -> Actor:
    """In which role a principal changes sessions: an admin acts as the supervisor."""
    return Actor.client if who.role is Role.client else Actor.supervisor
