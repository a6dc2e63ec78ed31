"""The meetings that somebody has ahead of them, as the pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from services.booking.models import Process, Session, Supervisor
from services.database import Database

MOST = 50


@dataclass(frozen=True)
class MeetingAhead:
    session: Session
    process: Process
    supervisor: Supervisor


def where(db: Database, seen: ColumnElement[bool], now: datetime) -> Sequence[MeetingAhead]:
    """The booked meetings that have not ended, soonest first, of processes that meet a condition."""
    query = (
        select(Session, Process, Supervisor)
        .join(Process, col(Process.id) == Session.process_id)
        .join(Supervisor, col(Supervisor.id) == Session.supervisor_id)
        .where(seen, Session.status == "booked", col(Session.ends_at) > now)
        .order_by(col(Session.starts_at))
        .limit(MOST)
    )
    return [MeetingAhead(*row) for row in db.execute(query)]
