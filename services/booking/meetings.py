"""A meeting (tapaaminen) as other modules find it, write it down and tell of it.

Every change of a meeting holds the lock on the row of its process, so that the versions and numbers of its meetings
rise one at a time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, text
from sqlmodel import col, select

from services.booking import policy, supervision
from services.booking.availability import Practice
from services.booking.models import Process, Session
from services.booking.shapes import Line, WebAddress, Wish
from services.booking.slots import Span
from services.database import Database, new_id
from services.events.catalogue import Actor, Batch, Mode, SessionBooked, SessionEvent
from services.events.outbox import stage
from services.web.problems import NotFound
from services.web.validation import invalid

States = Mapping[UUID, str]
"""Which participant was present, excused or no_show."""


class PlaceWish(Wish):
    """How long a meeting is (left out: as agreed for the process) and where it takes place."""

    minutes: int | None = None
    mode: Mode
    location: Line | None = None
    join_url: WebAddress | None = None


class Outcome(NamedTuple):
    """Who came to a meeting that was held, and the links by which they are asked what they say of it."""

    states: States = MappingProxyType({})
    feedback_links: Mapping[UUID, UUID] = MappingProxyType({})


AHEAD = Outcome()


class Meeting(NamedTuple):
    process: Process
    session: Session


def find(db: Database, session_id: UUID, seen: ColumnElement[bool]) -> Meeting:
    """A meeting of a process that meets this condition, to be read."""
    query = select(Process, Session).join(Session, col(Session.process_id) == Process.id)
    row = db.execute(query.where(col(Session.id) == session_id, seen)).one_or_none()
    if row is None:
        raise NotFound
    return Meeting(*row)


def locked(db: Database, session_id: UUID, seen: ColumnElement[bool]) -> Meeting:
    """A meeting of a process that meets this condition, with the process locked."""
    of_session = select(Session.process_id).where(Session.id == session_id).scalar_subquery()
    query = select(Process).where(col(Process.id) == of_session, seen).with_for_update()
    process = db.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if process is None:
        raise NotFound
    return Meeting(process, db.get_one(Session, session_id, populate_existing=True))


def length_of(process: Process, minutes: int | None) -> timedelta:
    allowed = supervision.LENGTHS[process.form]
    if minutes is None:
        return timedelta(minutes=process.session_minutes)
    if minutes not in allowed:
        one, other = allowed
        raise invalid("minutes", f"Pituus on {one} tai {other} min.", f"A meeting lasts {one} or {other} min.")
    return timedelta(minutes=minutes)


def enter(
    db: Database,
    process: Process,
    practice: Practice,
    reserved: Mapping[UUID, Span],
    place: PlaceWish,
    by: Actor,
    now: datetime,
    series_id: UUID | None = None,
) -> list[Session]:
    """Write down meetings whose times are reserved, in the order of their times, and tell of them."""
    at_home = practice.supervisor.location if place.mode is Mode.onsite else None
    sessions = [
        Session(
            id=session_id,
            process_id=process.id,
            supervisor_id=process.supervisor_id,
            number=number,
            starts_at=span.start,
            ends_at=span.end,
            mode=place.mode,
            location=place.location or at_home,
            join_url=place.join_url,
            series_id=series_id,
            booked_at=now,
            changed_at=now,
            changed_by=by,
            free_until=policy.free_until(span.start, process.free_until_hours),
            **asdict(policy.of(process)),
        )
        for (session_id, span), number in zip(reserved.items(), _free_numbers(db, process.id), strict=False)
    ]
    db.add_all(sessions)
    db.flush()
    tell(db, SessionBooked, sessions, now)
    return sessions


def change(session: Session, by: Actor, now: datetime) -> None:
    session.version += 1
    session.changed_at, session.changed_by = now, by


def tell(
    db: Database, kind: type[SessionEvent], sessions: Sequence[Session], now: datetime, outcome: Outcome = AHEAD
) -> None:
    """Stage one event a meeting; what is told together belongs to one batch."""
    batch = Batch(id=new_id(), size=len(sessions))
    stage(db, "booking", now, [event(kind, session, batch, outcome) for session in sessions])


def event(kind: type[SessionEvent], session: Session, batch: Batch, outcome: Outcome) -> SessionEvent:
    def who_was(state: str) -> tuple[UUID, ...]:
        return tuple(sorted(person for person, theirs in outcome.states.items() if theirs == state))

    return kind(
        version=session.version,
        session_id=session.id,
        process_id=session.process_id,
        supervisor_id=session.supervisor_id,
        number=session.number,
        status=session.status,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        mode=session.mode,
        location=session.location,
        join_url=session.join_url,
        series_id=session.series_id,
        booked_at=session.booked_at,
        changed_at=session.changed_at,
        changed_by=session.changed_by,
        batch=batch,
        free_until=session.free_until,
        late_fee_percent=session.late_fee_percent,
        waives_force_majeure=session.waive_force_majeure,
        cancelled_late=session.cancelled_late,
        present=who_was("present"),
        excused=who_was("excused"),
        no_show=who_was("no_show"),
        feedback_links=dict(outcome.feedback_links),
    )


def _free_numbers(db: Database, process_id: UUID) -> Iterator[int]:
    """The number of a meeting that was called off is given again, so that they count up to what was agreed."""
    used = set(db.scalars(USED_NUMBERS, {"process_id": process_id}))
    return (number for number in count(1) if number not in used)


USED_NUMBERS = text("SELECT number FROM session WHERE process_id = :process_id AND status <> 'cancelled'")
