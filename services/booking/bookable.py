"""The processes in which a supervisor can book meetings, with how far each has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select

from services.booking import access
from services.booking.models import Client, Process, Session
from services.database import Database
from services.web.tokens import Principal

MOST = 200


@dataclass(frozen=True)
class Bookable:
    """A process that goes on, with how many meetings it has, and when the last of them begins."""

    process: Process
    client: Client
    meetings: int
    last_at: datetime | None


def of_supervisor(db: Database, who: Principal) -> Sequence[Bookable]:
    """Those with nothing booked first, then those that run out soonest."""
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
        .where(access.processes(who), Process.status != "closed")
        .order_by(live.c.last_at.nulls_first(), col(Process.code))
        .limit(MOST)
    )
    return [Bookable(*row) for row in db.execute(query)]


def meetings_left(db: Database, process: Process) -> int:
    """How many of the planned meetings are not booked yet."""
    live = select(func.count()).where(Session.process_id == process.id, Session.status != "cancelled")
    return max(process.planned_sessions - db.scalars(live).one(), 0)
