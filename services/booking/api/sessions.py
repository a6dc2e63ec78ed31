"""The API of sessions (tapaaminen) and series."""

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlmodel import col, select

from services.booking.calendar import availability
from services.booking.calendar.offers import SlotTaken, TimeNotOffered
from services.booking.dependencies import Configured
from services.booking.models.people import Process
from services.booking.models.sessions import Session
from services.booking.security import permissions
from services.booking.sessions import attendance, booking, series
from services.booking.sessions import sessions as meetings
from services.booking.sessions.attendance import AttendanceCreate, SessionNotBegun
from services.booking.sessions.booking import (
    SessionCancellation,
    SessionCreate,
    SessionIsCancelled,
    SessionIsHeld,
    SessionUpdate,
)
from services.booking.sessions.series import SeriesConflicts, SeriesCreate
from services.booking.sessions.sessions import MoreThanAgreed
from services.booking.supervision.processes import ProcessIsClosed
from services.core.database import Database
from services.events.catalogue import Mode
from services.finnish.workdays import at_wall_clock
from services.web.errors.problems import documented
from services.web.protocol import etags
from services.web.protocol.fields import Day, Instant
from services.web.protocol.pagination import Page, Paged, fetch_page
from services.web.security.tokens import Reader, Role, Staff
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["sessions"])

SessionStatus = Literal["requested", "booked", "held", "cancelled"]
AttendanceState = Literal["present", "excused", "no_show"]


class SessionPublic(BaseModel):
    """A session as everybody concerned by its process may see it."""

    id: UUID
    process_id: UUID
    supervisor_id: UUID
    number: int
    status: SessionStatus
    starts_at: datetime
    ends_at: datetime
    mode: Mode
    location: str | None
    join_url: str | None
    series_id: UUID | None
    booked_at: datetime
    free_until: datetime
    late_fee_percent: int
    no_show_fee_percent: int
    waive_force_majeure: bool
    cancelled_at: datetime | None
    cancelled_late: bool
    version: int


class SessionWithAttendance(SessionPublic):
    """With what only the practice sees: the reason of a cancellation, and the attendance."""

    cancel_reason: str | None
    attendance: dict[UUID, AttendanceState]


class CancelledSession(SessionPublic):
    cancelled: list[UUID]
    """All sessions that this call cancelled."""


class SeriesPublic(BaseModel):
    series_id: UUID
    sessions: list[SessionPublic]


def session_public(session: Session) -> SessionPublic:
    return SessionPublic.model_validate(session, from_attributes=True)


def session_with_attendance(db: Database, session: Session) -> SessionWithAttendance:
    states = attendance.attendance_of_session(db, session.id)
    return SessionWithAttendance(**session.model_dump(), attendance=dict(states))


def _session_response(session: Session, response: Response) -> SessionPublic:
    response.headers["ETag"] = etags.etag(session.version)
    return session_public(session)


@router.post(
    "/sessions", status_code=201, responses=documented(SlotTaken, TimeNotOffered, ProcessIsClosed, MoreThanAgreed)
)
def create_session(db: Db, now: Now, who: Reader, wanted: SessionCreate, response: Response) -> SessionPublic:
    """Of a process that waits for its supervisor's yes the time is held until then, and nobody is told."""
    visible = permissions.visible_with_requests(who)
    process, practice = availability.lock_process_with_practice(db, wanted.process_id, visible)
    session = booking.book_session(db, process, practice, wanted, permissions.actor_of(who), now)
    response.headers["Location"] = f"/api/v1/sessions/{session.id}"
    return _session_response(session, response)


@router.post(
    "/processes/{process_id}/series",
    status_code=201,
    responses=documented(SeriesConflicts, ProcessIsClosed, MoreThanAgreed),
)
def create_series(db: Db, now: Now, who: Reader, process_id: UUID, wanted: SeriesCreate) -> SeriesPublic:
    """All or none. A conflict lists every occurrence that can't be booked, with the nearest free times."""
    process = permissions.find_process(db, who, process_id, lock=True)
    sessions = series.book_series(db, process, wanted, permissions.actor_of(who), now)
    booked = [*map(session_public, sessions)]
    return SeriesPublic.model_validate({"series_id": sessions[0].series_id, "sessions": booked})


@router.get("/sessions")
def list_sessions(
    db: Db,
    who: Reader,
    paging: Paged,
    process_id: UUID | None = None,
    supervisor_id: UUID | None = None,
    status: SessionStatus | None = None,
    after: Annotated[Day | Instant | None, Query(alias="from")] = None,
    before: Annotated[Day | Instant | None, Query(alias="to", description="A date includes the whole day.")] = None,
) -> Page[SessionPublic]:
    query = select(Session).join(Process, col(Process.id) == Session.process_id)
    query = query.where(permissions.visible_with_requests(who))
    # Also a condition on the session, so that its index by supervisor and time gives the list in order.
    own = who.party_id if who.role is Role.supervisor else None
    wanted = {Session.process_id: process_id, Session.supervisor_id: supervisor_id or own, Session.status: status}
    for column, value in wanted.items():
        query = query if value is None else query.where(col(column) == value)
    if after:
        query = query.where(col(Session.starts_at) >= _as_instant(after, time.min))
    if before:
        query = query.where(col(Session.starts_at) <= _as_instant(before, time.max))
    found, cursor = fetch_page(db, query, (col(Session.starts_at), col(Session.id)), paging)
    return Page[SessionPublic](items=[session_public(session) for session in found], next_cursor=cursor)


def _as_instant(when: date | datetime, clock: time) -> datetime:
    return when if isinstance(when, datetime) else at_wall_clock(when, clock)


@router.get("/sessions/{session_id}")
def show_session(db: Db, who: Reader, session_id: UUID, response: Response) -> SessionWithAttendance | SessionPublic:
    query = select(Session).join(Process, col(Process.id) == Session.process_id)
    session = db.scalars(query.where(Session.id == session_id, permissions.visible_with_requests(who))).one()
    response.headers["ETag"] = etags.etag(session.version)
    return session_public(session) if who.role is Role.client else session_with_attendance(db, session)


@router.patch(
    "/sessions/{session_id}", responses=documented(SlotTaken, TimeNotOffered, SessionIsCancelled, ProcessIsClosed)
)
def update_session(
    db: Db, now: Now, who: Reader, session_id: UUID, change: SessionUpdate, match: etags.Match, response: Response
) -> SessionPublic:
    """Moving one session of a series does not move the others."""
    meeting = meetings.lock_session(db, session_id, permissions.visible_processes(who))
    match.check(etags.etag(meeting.session.version))
    booking.reschedule_session(db, meeting, change, permissions.actor_of(who), now)
    return _session_response(meeting.session, response)


@router.post("/sessions/{session_id}/cancel", responses=documented(SessionIsHeld))
def cancel_session(
    db: Db, now: Now, who: Reader, session_id: UUID, response: Response, wanted: SessionCancellation | None = None
) -> CancelledSession:
    """Cancelling a cancelled session changes nothing."""
    meeting = meetings.lock_session(db, session_id, permissions.visible_with_requests(who))
    actor = permissions.actor_of(who)
    cancelled = booking.cancel_booked_session(db, meeting, wanted or SessionCancellation(), actor, now)
    answer = _session_response(meeting.session, response)
    return CancelledSession(**dict(answer), cancelled=[session.id for session in cancelled])


@router.post("/sessions/{session_id}/attendance", responses=documented(SessionNotBegun, SessionIsCancelled))
def record_attendance(
    db: Db, now: Now, who: Staff, settings: Configured, session_id: UUID, wanted: AttendanceCreate, response: Response
) -> SessionWithAttendance:
    """Recording again replaces what was recorded before."""
    meeting = meetings.lock_session(db, session_id, permissions.visible_processes(who))
    attendance.write_attendance(db, settings.link_key, meeting, wanted, permissions.actor_of(who), now)
    response.headers["ETag"] = etags.etag(meeting.session.version)
    return session_with_attendance(db, meeting.session)
