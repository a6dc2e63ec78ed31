"""Which processes can have another session booked: those with fewer sessions booked than planned.

A participant books only in individual supervision; in a group nobody decides alone (docs/decisions/0009).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select

from services.booking.calendar import availability
from services.booking.models.people import Client, Process
from services.booking.models.sessions import Session
from services.booking.security import permissions
from services.booking.sessions import booking
from services.core.database import Database
from services.events.catalogue import Actor, Form, Mode
from services.web.errors.problems import Problem
from services.web.i18n.language import Text
from services.web.security.tokens import Principal


class NothingToBook(Problem):
    """No more sessions can be booked here."""

    status = 409
    finnish = "Tästä ei voi varata uusia tapaamisia."
    advice = Text(fi="Sovi uudesta ajasta työnohjaajan kanssa.", en="Agree on another time with the supervisor.")


def may_book_again(db: Database, process: Process) -> bool:
    if process.form is not Form.individual or process.status == "closed":
        return False
    return count_sessions_left(db, process) > 0


def book_again(db: Database, process: Process, starts_at: datetime, now: datetime) -> Session:
    """Book the next session in the place of the last one. The caller holds the lock on the process."""
    if not may_book_again(db, process):
        raise NothingToBook
    practice = availability.load_practice(db, process.supervisor_id)
    wanted = _like_last_session(db, process, starts_at)
    return booking.book_session(db, process, practice, wanted, Actor.participant, now)


def _like_last_session(db: Database, process: Process, starts_at: datetime) -> booking.SessionCreate:
    query = select(Session).where(Session.process_id == process.id).order_by(col(Session.starts_at).desc()).limit(1)
    last = db.scalars(query).one_or_none()
    place = {"mode": last.mode, "location": last.location, "join_url": last.join_url} if last else {"mode": Mode.onsite}
    return booking.SessionCreate.model_validate({"process_id": process.id, "starts_at": starts_at, **place})


MAX_PROCESSES = 200


@dataclass(frozen=True)
class BookableProcess:
    """An active process, with the number of its sessions and the start of the last one."""

    process: Process
    client: Client
    meetings: int
    last_at: datetime | None


def list_bookable_processes(db: Database, who: Principal) -> Sequence[BookableProcess]:
    """Those with nothing booked first, then by the start of the last session."""
    live = (
        select(Session.process_id, func.count().label("meetings"), func.max(col(Session.starts_at)).label("last_at"))
        .where(Session.supervisor_id == who.party_id, Session.status != "cancelled")
        .group_by(col(Session.process_id))
        .subquery()
    )
    query = (
        select(Process, Client, func.coalesce(live.c.meetings, 0), live.c.last_at)
        .join(Client, col(Client.id) == Process.client_id)
        .outerjoin(live, live.c.process_id == Process.id)
        .where(permissions.visible_processes(who), Process.status != "closed")
        .order_by(live.c.last_at.nulls_first(), col(Process.code))
        .limit(MAX_PROCESSES)
    )
    return [BookableProcess(*row) for row in db.execute(query)]


def count_sessions_left(db: Database, process: Process) -> int:
    """How many of the planned sessions are not booked yet."""
    live = select(func.count()).where(Session.process_id == process.id, Session.status != "cancelled")
    return max(process.planned_sessions - db.scalars(live).one(), 0)
