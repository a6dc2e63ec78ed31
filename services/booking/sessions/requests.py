"""Processes that wait for their supervisor's yes: their times are held, like that of a first talk, and nobody is told.

When the supervisor agrees, all of it becomes as if it were opened and booked just then. Otherwise nothing of it stays,
least of all the names and addresses that the client typed.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, delete, func
from sqlmodel import col, select

from services.booking.calendar import reservations
from services.booking.calendar.availability import ensure_takes_bookings
from services.booking.calendar.slots import Span
from services.booking.models.people import Participant, Process, Supervisor
from services.booking.models.security import Link
from services.booking.models.sessions import Session
from services.booking.security import audit
from services.booking.security.permissions import REQUESTED, ProcessAwaitsAnswer
from services.booking.sessions import sessions
from services.booking.supervision import processes
from services.core import clock
from services.core.database import Database, transaction
from services.events.catalogue import SessionBooked
from services.web.errors.problems import NotFound

MOST_TIMES = 3
"""How many times are held for one request."""


def hold_until(db: Database, process: Process, span: Span) -> datetime | None:
    """Until when a time is held for a process that waits; None for one that need not."""
    if process.status != REQUESTED or process.answer_by is None:
        return None
    held = select(func.count()).where(col(Session.process_id) == process.id, col(Session.status) == REQUESTED)
    if db.scalars(held).one() >= MOST_TIMES:
        raise ProcessAwaitsAnswer
    return min(process.answer_by, span.start)


def list_requested_sessions(db: Database, process: Process) -> Sequence[Session]:
    query = select(Session).where(col(Session.process_id) == process.id, col(Session.status) == REQUESTED)
    return db.scalars(query.order_by(col(Session.starts_at))).all()


def accept_request(db: Database, process: Process, now: datetime) -> None:
    """Agree to a process, whose row the caller has locked. Agreeing twice changes nothing."""
    if process.status != REQUESTED:
        return
    if process.answer_by is None or process.answer_by <= now:
        raise NotFound
    ensure_takes_bookings(db.get_one(Supervisor, process.supervisor_id))
    process.status, process.answer_by = "active", None
    db.flush()
    processes.begin_process(db, process, now)
    kept = []
    for session in list_requested_sessions(db, process):
        if session.starts_at > now and reservations.confirm_hold(db, session.id):
            session.status, session.booked_at, session.changed_at = "booked", now, now
            kept.append(session)
        else:
            db.delete(session)
    sessions.number_by_time(db, process.id)
    if kept:
        sessions.publish_sessions(db, SessionBooked, kept, now)
    audit.note(db, now, "process.accepted", f"process/{process.id}")


def drop_request(db: Database, process: Process) -> None:
    """Delete a process that was not agreed to, whose row the caller has locked."""
    if process.status != REQUESTED:
        raise NotFound
    reservations.release_times(db, [session.id for session in list_requested_sessions(db, process)])
    people = select(col(Participant.id)).where(col(Participant.process_id) == process.id)
    db.execute(delete(Link).where(col(Link.subject_id).in_(people)))
    for table in (Session, Participant):
        db.execute(delete(table).where(col(table.process_id) == process.id))
    db.delete(process)
    db.flush()


def drop_unanswered_requests(engine: Engine) -> bool:
    """Drop one request that was not answered in time; whether there was one."""
    with transaction(engine) as db:
        query = select(Process).where(col(Process.status) == REQUESTED, col(Process.answer_by) <= clock.now(db))
        process = db.scalars(query.limit(1).with_for_update(skip_locked=True)).one_or_none()
        if process:
            drop_request(db, process)
    return process is not None


def list_requests(db: Database, supervisor_id: UUID, now: datetime) -> Sequence[Process]:
    """What waits for this supervisor's yes, the oldest first."""
    query = select(Process).where(col(Process.supervisor_id) == supervisor_id, col(Process.status) == REQUESTED)
    return db.scalars(query.where(col(Process.answer_by) > now).order_by(col(Process.opened_at))).all()
