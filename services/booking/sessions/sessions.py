"""Sessions (tapaamiset): finding, storing and locking them, and publishing their events.

Every change of a session holds the lock on the row of its process, so that the versions and numbers of its sessions
rise one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from services.booking.calendar.availability import Practice
from services.booking.calendar.slots import Span
from services.booking.models.people import Process
from services.booking.models.sessions import Session
from services.booking.security.permissions import REQUESTED
from services.booking.sessions import events
from services.booking.supervision import cancellation_policy, processes
from services.core.database import Database, new_id
from services.events.catalogue import Actor, Batch, Mode, SessionBooked, SessionEvent
from services.events.outbox import stage
from services.web.errors.problems import Problem
from services.web.errors.validation import invalid
from services.web.i18n.language import Text
from services.web.protocol.fields import Line, RequestBody, WebAddress

AttendanceStates = Mapping[UUID, str]
"""Which participant was present, excused or no_show."""


class SessionPlaceCreate(RequestBody):
    """How long a session is (left out: as agreed for the process) and where it takes place."""

    minutes: int | None = None
    mode: Mode
    location: Line | None = None
    join_url: WebAddress | None = None


class MoreThanAgreed(Problem):
    """The process would have more sessions than were agreed."""

    status = 409
    finnish = "Tapaamisia olisi enemmän kuin on sovittu."
    advice = Text(
        fi="Sovi uusista työnohjaajan kanssa: hän voi lisätä sovittuja tapaamisia tai sallia niiden varaamisen.",
        en="Agree with the supervisor, who can raise the agreed number or allow more to be booked.",
    )

    def __init__(self, number: int, planned: int) -> None:
        super().__init__(
            Text(
                f"Tämä olisi {number}. tapaaminen, sovittu on {planned}. {self.advice.fi}",
                f"This would be session {number} of {planned} agreed. {self.advice.en}",
            )
        )
        self.number, self.planned = number, planned


class SessionWithProcess(NamedTuple):
    process: Process
    session: Session


def find_session(db: Database, session_id: UUID, visible: ColumnElement[bool]) -> SessionWithProcess:
    """A session of a process that meets this condition, to be read."""
    query = select(Process, Session).join(Session, col(Session.process_id) == Process.id)
    return SessionWithProcess(*db.execute(query.where(col(Session.id) == session_id, visible)).one())


def lock_session(db: Database, session_id: UUID, visible: ColumnElement[bool]) -> SessionWithProcess:
    """A session of a process that meets this condition, with the process locked."""
    of_session = select(Session.process_id).where(Session.id == session_id).scalar_subquery()
    query = select(Process).where(col(Process.id) == of_session, visible).with_for_update()
    process = db.scalars(query.execution_options(populate_existing=True)).one()
    return SessionWithProcess(process, db.get_one(Session, session_id, populate_existing=True))


def session_length(process: Process, minutes: int | None) -> timedelta:
    allowed = processes.SESSION_LENGTHS[process.form]
    if minutes is None:
        return timedelta(minutes=process.session_minutes)
    if minutes not in allowed:
        one, other = allowed
        raise invalid("minutes", f"Pituus on {one} tai {other} min.", f"A session lasts {one} or {other} min.")
    return timedelta(minutes=minutes)


def store_sessions(
    db: Database,
    process: Process,
    practice: Practice,
    reserved: Mapping[UUID, Span],
    place: SessionPlaceCreate,
    by: Actor,
    now: datetime,
    series_id: UUID | None = None,
) -> list[Session]:
    """Store sessions whose times are reserved, in the order of their times, and publish them.

    Those of a process that waits for its supervisor's yes are only asked for. A client gets no more than was agreed.
    """
    standing = _standing_sessions(db, process.id)
    _ensure_may_have(process, len(standing) + len(reserved), by)
    status = REQUESTED if process.status == REQUESTED else "booked"
    default_location = practice.supervisor.location if place.mode is Mode.onsite else None
    sessions = [
        Session(
            id=session_id,
            process_id=process.id,
            supervisor_id=process.supervisor_id,
            status=status,
            number=number,
            starts_at=span.start,
            ends_at=span.end,
            mode=place.mode,
            location=place.location or default_location,
            join_url=place.join_url,
            series_id=series_id,
            booked_at=now,
            changed_at=now,
            changed_by=by,
            free_until=cancellation_policy.free_change_until(span.start, process.free_until_hours),
            **asdict(cancellation_policy.cancellation_policy_of(process)),
        )
        for number, (session_id, span) in enumerate(reserved.items(), _free_number(standing))
    ]
    db.add_all(sessions)
    db.flush()
    _number(db, [*standing, *sessions])
    if status != REQUESTED:
        publish_sessions(db, SessionBooked, sessions, now)
    return sessions


def mark_session_changed(session: Session, by: Actor, now: datetime) -> None:
    session.version += 1
    session.changed_at, session.changed_by, session.undo_until = now, by, None


def publish_sessions(
    db: Database,
    kind: type[SessionEvent],
    sessions: Sequence[Session],
    now: datetime,
    outcome: events.SessionOutcome = events.NO_OUTCOME,
) -> None:
    """Stage one event a session; those published together belong to one batch."""
    batch = Batch(id=new_id(), size=len(sessions))
    stage(db, "booking", now, [events.session_event(kind, session, batch, outcome) for session in sessions])


def ensure_within_plan(db: Database, process: Process, more: int) -> None:
    """Refuse so many more sessions than were agreed; the caller has locked the process."""
    _ensure_within_plan(process, len(_standing_sessions(db, process.id)) + more)


def ensure_may_return(db: Database, process: Process, cancelled: int, by: Actor) -> None:
    """Refuse to take back so many cancellations if others were booked instead; the caller has locked the process."""
    _ensure_may_have(process, len(_standing_sessions(db, process.id)) + cancelled, by)


def _ensure_may_have(process: Process, number: int, by: Actor) -> None:
    if by is not Actor.supervisor and not process.clients_may_exceed:
        _ensure_within_plan(process, number)


def _ensure_within_plan(process: Process, number: int) -> None:
    if number > process.planned_sessions:
        raise MoreThanAgreed(number, process.planned_sessions)


def number_by_time(db: Database, process_id: UUID) -> None:
    """Number the sessions of a process, whose row is locked, in the order of their times, but for cancelled ones."""
    db.flush()
    _number(db, _standing_sessions(db, process_id))


def _standing_sessions(db: Database, process_id: UUID) -> Sequence[Session]:
    return db.scalars(select(Session).where(Session.process_id == process_id, Session.status != "cancelled")).all()


def _number(db: Database, standing: Sequence[Session]) -> None:
    """Numbers of one process differ at every moment, so that those that change are negative in between."""
    in_time = enumerate(sorted(standing, key=lambda one: (one.starts_at, one.id)), 1)
    changed = {place: session for place, session in in_time if session.number != place}
    for sign in (-1, 1):
        for place, session in changed.items():
            session.number = sign * place
        db.flush()


def free_number(db: Database, process_id: UUID) -> int:
    """One that no other session has."""
    return _free_number(_standing_sessions(db, process_id))


def _free_number(standing: Sequence[Session]) -> int:
    return 1 + max((one.number for one in standing), default=0)
