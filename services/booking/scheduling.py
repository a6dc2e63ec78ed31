"""Booking a meeting, moving it, calling it off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.booking import availability, meetings, offers, policy, reservations, supervision
from services.booking.availability import Practice
from services.booking.meetings import Meeting, PlaceWish
from services.booking.models import Process, Session, Supervisor
from services.booking.shapes import Instant, Line, WebAddress, Wish, optional
from services.booking.slots import Span
from services.database import Database, new_id
from services.events.catalogue import Actor, Mode, SessionCancelled, SessionRescheduled
from services.web.language import Text
from services.web.problems import Problem


class SessionWish(PlaceWish):
    process_id: UUID
    starts_at: Instant


class SessionChange(Wish):
    """What is left out stays as it is."""

    starts_at: Instant = optional()
    minutes: int = optional()
    mode: Mode = optional()
    location: Line | None = None
    join_url: WebAddress | None = None


class Cancellation(Wish):
    """`following` also calls off the later meetings of the same series, and of no other."""

    reason: Line | None = None
    following: bool = False


class SessionIsCancelled(Problem):
    """This meeting was called off."""

    status = 409
    finnish = "Tämä tapaaminen on peruttu."


class SessionIsHeld(Problem):
    """This meeting has been held."""

    status = 409
    finnish = "Tämä tapaaminen on pidetty."


class SessionHasBegun(Problem):
    """This meeting has begun already."""

    status = 409
    finnish = "Tämä tapaaminen on jo alkanut."
    advice = Text(fi="Ota yhteyttä työnohjaajaan.", en="Get in touch with the supervisor.")


class TooLateToMove(Problem):
    """The time in which this meeting could be moved free of charge has passed."""

    status = 409
    finnish = "Tapaamisen maksuton siirtoaika on päättynyt."
    advice = Text(
        fi="Peru tapaaminen peruutusehtojen mukaan tai sovi uudesta ajasta työnohjaajan kanssa.",
        en="Call it off on the agreed terms, or agree on another time with the supervisor.",
    )


def book(db: Database, process: Process, practice: Practice, wish: SessionWish, by: Actor, now: datetime) -> Session:
    """Book one meeting of a process, whose row the caller has locked, in the practice of its supervisor."""
    supervision.ensure_open(process)
    span = Span(wish.starts_at, wish.starts_at + meetings.length_of(process, wish.minutes))
    offers.ensure_ahead(span.start, now)
    if offers.is_bound(by):
        offers.ensure_offered(db, practice, process.form, span, now)
    session_id = new_id()
    if reservations.reserve(db, practice, {session_id: span}, now):
        raise offers.slot_taken(db, practice, process.form, span, by, now)
    (session,) = meetings.enter(db, process, practice, {session_id: span}, wish, by, now)
    return session


def reschedule(db: Database, meeting: Meeting, wish: SessionChange, by: Actor, now: datetime) -> None:
    """Change when or where a meeting takes place. A wish for what is so already changes nothing and tells nobody."""
    process, session = meeting
    supervision.ensure_open(process)
    _ensure_booked(session, by, now)
    span = _wanted_span(meeting, wish)
    if span != (session.starts_at, session.ends_at):
        _move(db, meeting, span, by, now)
    session.sqlmodel_update(_wanted_place(db, session, wish))
    if db.is_modified(session):
        meetings.change(session, by, now)
        db.flush()
        meetings.tell(db, SessionRescheduled, [session], now)


def cancel(db: Database, meeting: Meeting, wish: Cancellation, by: Actor, now: datetime) -> list[Session]:
    """Call a meeting off; returns all that were. To call off again what is called off changes nothing."""
    session = meeting.session
    if session.status != "cancelled":
        _ensure_booked(session, by, now)
    given_up = [session] if session.status == "booked" else []
    if wish.following:
        given_up += later_in_series(db, session)
    call_off(db, given_up, by, now, wish.reason)
    return given_up


def call_off(db: Database, sessions: Sequence[Session], by: Actor, now: datetime, reason: str | None = None) -> None:
    """Give up these booked meetings of one process, whose row the caller has locked."""
    if not sessions:
        return
    for session in sessions:
        session.status, session.cancelled_at, session.cancel_reason = "cancelled", now, reason
        session.cancelled_late = policy.is_late(session.free_until, by, now)
        meetings.change(session, by, now)
    reservations.release(db, [session.id for session in sessions])
    db.flush()
    meetings.tell(db, SessionCancelled, sessions, now)


def _ensure_booked(session: Session, by: Actor, now: datetime) -> None:
    if session.status == "cancelled":
        raise SessionIsCancelled
    if session.status == "held":
        raise SessionIsHeld
    if offers.is_bound(by) and session.starts_at <= now:
        raise SessionHasBegun


def _wanted_span(meeting: Meeting, wish: SessionChange) -> Span:
    process, session = meeting
    given = wish.model_fields_set
    starts_at = wish.starts_at if "starts_at" in given else session.starts_at
    length = session.ends_at - session.starts_at
    return Span(starts_at, starts_at + (meetings.length_of(process, wish.minutes) if "minutes" in given else length))


def _move(db: Database, meeting: Meeting, span: Span, by: Actor, now: datetime) -> None:
    """Take the new time and give the old one back, in one transaction."""
    process, session = meeting
    offers.ensure_ahead(span.start, now)
    if policy.is_late(session.free_until, by, now):
        raise TooLateToMove
    practice = availability.load(db, process.supervisor_id, lock=True)
    reservations.drop_expired_holds(db, practice.supervisor.id, now)
    reservations.release(db, [session.id])
    if offers.is_bound(by):
        offers.ensure_offered(db, practice, process.form, span, now)
    if reservations.reserve(db, practice, {session.id: span}, now):
        raise offers.slot_taken(db, practice, process.form, span, by, now)
    if span.start != session.starts_at:
        session.free_until = policy.free_until_after_move(span.start, session.free_until_hours, by)
    session.starts_at, session.ends_at = span


def _wanted_place(db: Database, session: Session, wish: SessionChange) -> dict[str, Any]:
    place = wish.model_dump(include={"mode", "location", "join_url"}, exclude_unset=True)
    comes_home = place.get("mode", session.mode) == Mode.onsite and session.mode != Mode.onsite
    if comes_home and not place.get("location", session.location):
        place["location"] = db.get_one(Supervisor, session.supervisor_id).location
    return place


def later_in_series(db: Database, session: Session) -> list[Session]:
    """The booked meetings of the same series that come after this one."""
    if session.series_id is None:
        return []
    later = select(Session).where(
        Session.series_id == session.series_id,
        col(Session.starts_at) > session.starts_at,
        Session.status == "booked",
    )
    return list(db.scalars(later.order_by(col(Session.starts_at))))
