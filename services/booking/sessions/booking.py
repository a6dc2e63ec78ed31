"""Booking a session, moving it, cancelling it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.booking.calendar import availability, offers, reservations
from services.booking.calendar.slots import Span
from services.booking.models.people import Process, Supervisor
from services.booking.models.sessions import Session
from services.booking.security.permissions import REQUESTED
from services.booking.sessions import requests, undo
from services.booking.sessions import sessions as meetings
from services.booking.sessions.sessions import SessionPlaceCreate, SessionWithProcess
from services.booking.supervision import cancellation_policy, processes
from services.core.database import Database, new_id
from services.events.catalogue import Actor, Mode, SessionCancelled, SessionRescheduled
from services.web.errors.problems import Problem
from services.web.i18n.language import Text
from services.web.protocol.fields import Instant, Line, RequestBody, WebAddress, optional


class SessionCreate(SessionPlaceCreate):
    process_id: UUID
    starts_at: Instant


class SessionUpdate(RequestBody):
    """Fields left out stay as they are."""

    starts_at: Instant = optional()
    minutes: int = optional()
    mode: Mode = optional()
    location: Line | None = None
    join_url: WebAddress | None = None


class SessionCancellation(RequestBody):
    """`following` also cancels the later sessions of the same series."""

    reason: Line | None = None
    following: bool = False


class SessionIsCancelled(Problem):
    """This session has been cancelled."""

    status = 409
    finnish = "Tämä tapaaminen on peruttu."
    advice = Text(fi="Varaa tarvittaessa uusi tapaaminen.", en="Book another session if you need one.")


class SessionIsHeld(Problem):
    """This session has been held."""

    status = 409
    finnish = "Tämä tapaaminen on pidetty."
    advice = Text(
        fi="Varaa tarvittaessa uusi tapaaminen: pidettyä ei voi siirtää eikä perua.",
        en="Book another session if you need one: a held one can't be moved or cancelled.",
    )


class SessionHasBegun(Problem):
    """This session has begun already."""

    status = 409
    finnish = "Tämä tapaaminen on jo alkanut."
    advice = Text(fi="Ota yhteyttä työnohjaajaan.", en="Contact the supervisor.")


class TooLateToMove(Problem):
    """This session can no longer be moved free of charge."""

    status = 409
    finnish = "Tapaamisen maksuton siirtoaika on päättynyt."
    advice = Text(
        fi="Peru tapaaminen peruutusehtojen mukaan tai sovi uudesta ajasta työnohjaajan kanssa.",
        en="Cancel it on the agreed terms, or agree on another time with the supervisor.",
    )


def book_session(
    db: Database, process: Process, practice: availability.Practice, wanted: SessionCreate, by: Actor, now: datetime
) -> Session:
    """Book one session of a process, whose row the caller has locked, in the practice of its supervisor."""
    processes.ensure_process_open(process)
    span = Span(wanted.starts_at, wanted.starts_at + meetings.session_length(process, wanted.minutes))
    offers.ensure_in_future(span.start, now)
    if offers.is_bound_by_rules(by):
        offers.ensure_offered(db, practice, process.form, span, now)
    session_id = new_id()
    if reservations.reserve_times(db, practice, {session_id: span}, now, requests.hold_until(db, process, span)):
        raise offers.slot_taken_problem(db, practice, process.form, span, by, now)
    (session,) = meetings.store_sessions(db, process, practice, {session_id: span}, wanted, by, now)
    return session


def reschedule_session(
    db: Database,
    meeting: SessionWithProcess,
    wanted: SessionUpdate,
    by: Actor,
    now: datetime,
    *,
    undoable: bool = False,
) -> None:
    """Change when or where a session takes place. What is so already changes nothing and publishes nothing."""
    process, session = meeting
    processes.ensure_process_open(process)
    ensure_can_change(session, by, now)
    span = _wanted_span(meeting, wanted)
    if span != (session.starts_at, session.ends_at):
        if undoable:
            undo.remember_sessions(db, [session], by, now)
        elif session.undo_until:
            undo.forget_sessions(db, [session.id])
        _move(db, meeting, span, by, now)
    session.sqlmodel_update(_wanted_place(db, session, wanted))
    if db.is_modified(session):
        meetings.mark_session_changed(session, by, now)
        if undoable:
            undo.keep_times(db, [session], now)
        meetings.number_by_time(db, process.id)
        meetings.publish_sessions(db, SessionRescheduled, [session], now)


def cancel_booked_session(
    db: Database,
    meeting: SessionWithProcess,
    wanted: SessionCancellation,
    by: Actor,
    now: datetime,
    *,
    undoable: bool = False,
) -> list[Session]:
    """Cancel a session; returns all that were cancelled. Cancelling twice changes nothing."""
    session = meeting.session
    if session.status != "cancelled":
        ensure_can_change(session, by, now)
    cancelled = [session] if session.status in ("booked", REQUESTED) else []
    if wanted.following:
        cancelled += list_later_in_series(db, session)
    cancel_sessions(db, cancelled, by, now, wanted.reason, undoable=undoable)
    return cancelled


def cancel_sessions(
    db: Database,
    sessions: Sequence[Session],
    by: Actor,
    now: datetime,
    reason: str | None = None,
    *,
    undoable: bool = False,
    late: bool | None = None,
) -> None:
    """Cancel these booked sessions of one process, whose row the caller has locked.

    Whether that is late is said by `late` where somebody else asked for it earlier.
    """
    told = [session for session in sessions if session.status != REQUESTED]
    if undoable:
        undo.remember_sessions(db, told, by, now)
    for session in sessions:
        session.status, session.cancelled_at, session.cancel_reason = "cancelled", now, reason
        is_late = cancellation_policy.is_late_change(session.free_until, by, now)
        session.cancelled_late = is_late if late is None else late
        meetings.mark_session_changed(session, by, now)
    reservations.release_times(db, [session.id for session in sessions])
    if undoable:
        undo.keep_times(db, told, now)
    for process_id in {session.process_id for session in sessions}:
        meetings.number_by_time(db, process_id)
    if told:
        meetings.publish_sessions(db, SessionCancelled, told, now)


def ensure_can_change(session: Session, by: Actor, now: datetime) -> None:
    if session.status == "cancelled":
        raise SessionIsCancelled
    if session.status == "held":
        raise SessionIsHeld
    if offers.is_bound_by_rules(by) and session.starts_at <= now:
        raise SessionHasBegun


def _wanted_span(meeting: SessionWithProcess, wanted: SessionUpdate) -> Span:
    process, session = meeting
    given = wanted.model_fields_set
    starts_at = wanted.starts_at if "starts_at" in given else session.starts_at
    length = session.ends_at - session.starts_at
    return Span(
        starts_at, starts_at + (meetings.session_length(process, wanted.minutes) if "minutes" in given else length)
    )


def _move(db: Database, meeting: SessionWithProcess, span: Span, by: Actor, now: datetime) -> None:
    """Reserve the new time and release the old one, in one transaction."""
    process, session = meeting
    offers.ensure_in_future(span.start, now)
    if cancellation_policy.is_late_change(session.free_until, by, now):
        raise TooLateToMove
    practice = availability.load_practice(db, process.supervisor_id, lock=True)
    present = Span(session.starts_at, session.ends_at)
    reservations.drop_expired_holds(db, practice.supervisor.id, now)
    reservations.release_times(db, [session.id])
    if offers.is_bound_by_rules(by):
        offers.ensure_offered(db, practice, process.form, span, now, present)
    if reservations.reserve_times(db, practice, {session.id: span}, now):
        raise offers.slot_taken_problem(db, practice, process.form, span, by, now, present)
    if span.start != session.starts_at:
        session.free_until = cancellation_policy.free_change_until_after_move(span.start, session.free_until_hours, by)
    session.starts_at, session.ends_at = span


def _wanted_place(db: Database, session: Session, wanted: SessionUpdate) -> dict[str, Any]:
    place = wanted.model_dump(include={"mode", "location", "join_url"}, exclude_unset=True)
    becomes_onsite = place.get("mode", session.mode) == Mode.onsite and session.mode != Mode.onsite
    if becomes_onsite and not place.get("location", session.location):
        place["location"] = db.get_one(Supervisor, session.supervisor_id).location
    return place


def list_later_in_series(db: Database, session: Session) -> list[Session]:
    """The booked sessions of the same series that come after this one."""
    if session.series_id is None:
        return []
    later = select(Session).where(
        Session.series_id == session.series_id, col(Session.starts_at) > session.starts_at, Session.status == "booked"
    )
    return list(db.scalars(later.order_by(col(Session.starts_at))))
