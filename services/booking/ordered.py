"""What a client has ordered, and how far each process has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select

from services.booking import access
from services.booking.models import Process, Session, Supervisor
from services.database import Database
from services.web.tokens import Principal

MOST = 100


@dataclass(frozen=True)
class Ordered:
    """A process with its supervisor, the meetings held, and the next one."""

    process: Process
    supervisor: Supervisor
    held: int
    next_at: datetime | None


def of_client(db: Database, who: Principal, now: datetime) -> Sequence[Ordered]:
    """Those that go on first, the newest of them first."""
    ahead = (col(Session.status) == "booked") & (col(Session.ends_at) > now)
    meetings = (
        select(
            Session.process_id,
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
        .where(access.processes(who))
        .order_by(col(Process.status), col(Process.opened_at).desc())
        .limit(MOST)
    )
    return [Ordered(*row) for row in db.execute(query)]
