"""Meetings and series over HTTP."""

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlmodel import col, select

from services.booking import access, attendance, availability, meetings, scheduling, series
from services.booking.attendance import AttendanceWish, SessionNotBegun
from services.booking.models import Process, Session
from services.booking.offers import SlotTaken, TimeNotOffered
from services.booking.parties_api import Configured
from services.booking.scheduling import Cancellation, SessionChange, SessionIsCancelled, SessionIsHeld, SessionWish
from services.booking.series import SeriesConflicts, SeriesWish
from services.booking.shapes import Day, Instant
from services.booking.supervision import ProcessIsClosed
from services.database import Database
from services.events.catalogue import Mode
from services.web import etags
from services.web.etags import Match
from services.web.paging import Page, Paged, fetch
from services.web.problems import documented
from services.web.tokens import Reader, Role, Staff
from services.web.transactions import Db, Now, TransactionalRoute
from services.workdays import at_wall_clock

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["sessions"])

Status = Literal["booked", "held", "cancelled"]
State = Literal["present", "excused", "no_show"]


class SessionShown(BaseModel):
    """A meeting as everybody who has to do with its process may know it."""

    id: UUID
    process_id: UUID
    supervisor_id: UUID
    number: int
    status: Status
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


class SessionRecord(SessionShown):
    """What only those see who run the practice: why it was called off, and who came."""

    cancel_reason: str | None
    attendance: dict[UUID, State]


class CancelledSession(SessionShown):
    cancelled: list[UUID]
    """Every meeting that this call gave up."""


class SeriesShown(BaseModel):
    series_id: UUID
    sessions: list[SessionShown]


def shown(session: Session) -> SessionShown:
    return SessionShown.model_validate(session, from_attributes=True)


def record(db: Database, session: Session) -> SessionRecord:
    return SessionRecord(**session.model_dump(), attendance=dict(attendance.of_session(db, session.id)))


def _answer(session: Session, response: Response) -> SessionShown:
    response.headers["ETag"] = etags.tag(session.version)
    return shown(session)


@router.post("/sessions", status_code=201, responses=documented(SlotTaken, TimeNotOffered, ProcessIsClosed))
def book(db: Db, now: Now, who: Reader, wish: SessionWish, response: Response) -> SessionShown:
    process, practice = availability.of_process(db, wish.process_id, access.processes(who))
    session = scheduling.book(db, process, practice, wish, access.actor(who), now)
    response.headers["Location"] = f"/api/v1/sessions/{session.id}"
    return _answer(session, response)


@router.post("/processes/{process_id}/series", status_code=201, responses=documented(SeriesConflicts, ProcessIsClosed))
def book_series(db: Db, now: Now, who: Reader, process_id: UUID, wish: SeriesWish) -> SeriesShown:
    """All or none. A conflict lists every occurrence that can't be had, with the nearest free times."""
    process = access.process(db, who, process_id, lock=True)
    sessions = series.book_series(db, process, wish, access.actor(who), now)
    return SeriesShown.model_validate({"series_id": sessions[0].series_id, "sessions": [*map(shown, sessions)]})


@router.get("/sessions")
def list_sessions(
    db: Db,
    who: Reader,
    paging: Paged,
    process_id: UUID | None = None,
    supervisor_id: UUID | None = None,
    status: Status | None = None,
    from_: Annotated[Day | Instant | None, Query(alias="from")] = None,
    to: Annotated[Day | Instant | None, Query(description="A date is meant with the whole of its day.")] = None,
) -> Page[SessionShown]:
    query = select(Session).join(Process, col(Process.id) == Session.process_id).where(access.processes(who))
    # Said of the meetings too, whose index by supervisor and time is then the list.
    own = who.party_id if who.role is Role.supervisor else None
    wanted = {Session.process_id: process_id, Session.supervisor_id: supervisor_id or own, Session.status: status}
    for column, value in wanted.items():
        query = query if value is None else query.where(col(column) == value)
    if from_:
        query = query.where(col(Session.starts_at) >= _instant(from_, time.min))
    if to:
        query = query.where(col(Session.starts_at) <= _instant(to, time.max))
    found, cursor = fetch(db, query, (col(Session.starts_at), col(Session.id)), paging)
    return Page[SessionShown](items=[shown(session) for session in found], next_cursor=cursor)


def _instant(when: date | datetime, clock: time) -> datetime:
    return when if isinstance(when, datetime) else at_wall_clock(when, clock)


@router.get("/sessions/{session_id}")
def show_session(db: Db, who: Reader, session_id: UUID, response: Response) -> SessionRecord | SessionShown:
    query = select(Session).join(Process, col(Process.id) == Session.process_id)
    session = db.scalars(query.where(Session.id == session_id, access.processes(who))).one()
    response.headers["ETag"] = etags.tag(session.version)
    return shown(session) if who.role is Role.client else record(db, session)


@router.patch("/sessions/{session_id}", responses=documented(SlotTaken, TimeNotOffered, SessionIsCancelled))
def change_session(
    db: Db, now: Now, who: Reader, session_id: UUID, change: SessionChange, match: Match, response: Response
) -> SessionShown:
    """Moving one meeting of a series leaves the others where they are."""
    meeting = meetings.locked(db, session_id, access.processes(who))
    match.check(etags.tag(meeting.session.version))
    scheduling.reschedule(db, meeting, change, access.actor(who), now)
    return _answer(meeting.session, response)


@router.post("/sessions/{session_id}/cancel", responses=documented(SessionIsHeld))
def cancel_session(
    db: Db, now: Now, who: Reader, session_id: UUID, response: Response, wish: Cancellation | None = None
) -> CancelledSession:
    """Calling off what is called off already changes nothing."""
    meeting = meetings.locked(db, session_id, access.processes(who))
    cancelled = scheduling.cancel(db, meeting, wish or Cancellation(), access.actor(who), now)
    answer = _answer(meeting.session, response)
    return CancelledSession(**dict(answer), cancelled=[session.id for session in cancelled])


@router.post("/sessions/{session_id}/attendance", responses=documented(SessionNotBegun, SessionIsCancelled))
def record_attendance(
    db: Db,
    now: Now,
    who: Staff,
    settings: Configured,
    session_id: UUID,
    wish: AttendanceWish,
    response: Response,
) -> SessionRecord:
    """Recording again corrects what was recorded before."""
    meeting = meetings.locked(db, session_id, access.processes(who))
    attendance.record(db, settings.link_key, meeting, wish, access.actor(who), now)
    response.headers["ETag"] = etags.tag(meeting.session.version)
    return record(db, meeting.session)
