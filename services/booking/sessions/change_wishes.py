"""Moving or cancelling a shared session, as one of its participants wishes it: the supervisor decides."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.booking.calendar import availability, offers
from services.booking.calendar.slots import Span
from services.booking.models.people import Participant, Process
from services.booking.models.sessions import ChangeWish, Session
from services.booking.sessions import booking
from services.booking.sessions.sessions import SessionWithProcess
from services.booking.supervision import cancellation_policy, processes
from services.core.database import Database, new_id
from services.events.catalogue import Actor
from services.web.errors.problems import NotFound, Problem
from services.web.i18n.language import Text
from services.web.protocol.fields import Instant, Line, RequestBody

MOVE, CANCEL = "move", "cancel"


class WishCreate(RequestBody):
    """The time that is proposed, if any, and a word to the supervisor."""

    starts_at: Instant | None = None
    note: Line | None = None


class WishState(StrEnum):
    waiting = "waiting"
    declined = "declined"
    met = "met"


class WishIsSettled(Problem):
    """This wish does not wait for an answer any more."""

    status = 409
    finnish = "Tämä toive ei enää odota vastausta."
    advice = Text(fi="Katso tapaamisen nykyinen aika.", en="See what time the session has now.")


class OpenWish(NamedTuple):
    process: Process
    session: Session
    wish: ChangeWish
    person: Participant

    @property
    def is_late(self) -> bool:
        """Whether the change was wished for only after the time until which it is free."""
        return cancellation_policy.is_late_change(self.session.free_until, Actor.participant, self.wish.wished_at)


def state_of_wish(wish: ChangeWish, session: Session) -> WishState | None:
    """None if the session was changed to something else than was wished for."""
    if session.status != "cancelled" and session.starts_at == wish.starts_at:
        return WishState.declined if wish.declined_at else WishState.waiting
    if wish.declined_at or (wish.kind == CANCEL) != (session.status == "cancelled"):
        return None
    return WishState.met


def make_wish(
    db: Database, meeting: SessionWithProcess, person: Participant, kind: str, wanted: WishCreate, now: datetime
) -> None:
    """Ask the supervisor for a change; another wish of the same participant takes the place of the one before.

    The caller holds the lock on the process.
    """
    process, session = meeting
    processes.ensure_process_open(process)
    booking.ensure_can_change(session, Actor.participant, now)
    if wanted.starts_at:
        _ensure_time_offered(db, meeting, wanted.starts_at, now)
    new = {
        "id": new_id(),
        "kind": kind,
        "starts_at": session.starts_at,
        "new_starts_at": wanted.starts_at,
        "note": wanted.note,
        "wished_at": now,
        "declined_at": None,
    }
    statement = insert(ChangeWish).values(session_id=session.id, participant_id=person.id, **new)
    db.execute(statement.on_conflict_do_update(constraint="one_wish_a_participant", set_=new))


def _ensure_time_offered(db: Database, meeting: SessionWithProcess, starts_at: datetime, now: datetime) -> None:
    process, session = meeting
    offers.ensure_in_future(starts_at, now)
    practice = availability.load_practice(db, process.supervisor_id)
    present = Span(session.starts_at, session.ends_at)
    wanted = Span(starts_at, starts_at + (session.ends_at - session.starts_at))
    offers.ensure_offered(db, practice, process.form, wanted, now, present)


def find_own_wish(db: Database, session: Session, person: Participant) -> ChangeWish | None:
    query = select(ChangeWish).where(col(ChangeWish.session_id) == session.id, ChangeWish.participant_id == person.id)
    return db.scalars(query).one_or_none()


def withdraw_wish(db: Database, session: Session, person: Participant) -> None:
    own = (col(ChangeWish.session_id) == session.id, col(ChangeWish.participant_id) == person.id)
    db.execute(delete(ChangeWish).where(*own))


def list_open_wishes_of_session(db: Database, session: Session, now: datetime) -> list[OpenWish]:
    return _rows(db, _open_wishes(now).where(col(ChangeWish.session_id) == session.id))


def list_open_wishes(db: Database, supervisor_id: UUID, now: datetime, most: int) -> list[OpenWish]:
    """What waits for this supervisor's answer, the oldest first."""
    return _rows(db, _open_wishes(now).where(col(Session.supervisor_id) == supervisor_id).limit(most))


def list_open_wishes_of_process(db: Database, process: Process, now: datetime) -> list[OpenWish]:
    return _rows(db, _open_wishes(now).where(col(Session.process_id) == process.id))


def _open_wishes(now: datetime) -> Select[Process, Session, ChangeWish, Participant]:
    query = select(Process, Session, ChangeWish, Participant).join(Session, col(Session.process_id) == Process.id)
    query = query.join(ChangeWish, col(ChangeWish.session_id) == Session.id)
    query = query.join(Participant, col(Participant.id) == ChangeWish.participant_id)
    waits = (Session.status == "booked", ChangeWish.starts_at == Session.starts_at, Session.starts_at > now)
    query = query.where(*waits, col(ChangeWish.declined_at).is_(None), col(Participant.left_at).is_(None))
    return query.order_by(col(ChangeWish.wished_at), col(ChangeWish.id))


def _rows(db: Database, query: Select[Process, Session, ChangeWish, Participant]) -> list[OpenWish]:
    return [OpenWish(*row) for row in db.execute(query)]


def find_open_wish(db: Database, meeting: SessionWithProcess, wish_id: UUID, now: datetime) -> OpenWish:
    wishes = list_open_wishes_of_session(db, meeting.session, now)
    found = next((one for one in wishes if one.wish.id == wish_id), None)
    if found is None:
        raise WishIsSettled
    return found


def accept_wish(db: Database, meeting: SessionWithProcess, wish_id: UUID, by: Actor, now: datetime) -> None:
    """Do what is wished for, as if the supervisor did it; what it costs is judged by when it was wished for.

    The caller holds the lock on the process.
    """
    found = find_open_wish(db, meeting, wish_id, now)
    if found.wish.kind == CANCEL:
        booking.cancel_sessions(db, [meeting.session], by, now, undoable=True, late=found.is_late)
    elif found.wish.new_starts_at:
        change = booking.SessionUpdate(starts_at=found.wish.new_starts_at)
        booking.reschedule_session(db, meeting, change, by, now, undoable=True)
    else:
        raise NotFound


def decline_wish(db: Database, meeting: SessionWithProcess, wish_id: UUID, now: datetime) -> None:
    find_open_wish(db, meeting, wish_id, now).wish.declined_at = now


def forget_wishes_of_participant(db: Database, participant_id: UUID) -> None:
    db.execute(delete(ChangeWish).where(col(ChangeWish.participant_id) == participant_id))
