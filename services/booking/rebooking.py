"""A participant books anew: in individual supervision, as long as fewer meetings are agreed than were ordered.

Where others take part too, nobody decides alone when all of them meet (docs/decisions/0009).
"""

from datetime import datetime

from sqlmodel import col, select

from services.booking import availability, bookable, scheduling
from services.booking.models import Process, Session
from services.booking.scheduling import SessionWish
from services.database import Database
from services.events.catalogue import Actor, Form, Mode
from services.web.language import Text
from services.web.problems import Problem


class NothingToBook(Problem):
    """No more meetings can be booked here."""

    status = 409
    finnish = "Tästä ei voi varata uusia tapaamisia."
    advice = Text(fi="Sovi uudesta ajasta työnohjaajan kanssa.", en="Agree on another time with the supervisor.")


def may_book(db: Database, process: Process) -> bool:
    if process.form is not Form.individual or process.status == "closed":
        return False
    return bookable.meetings_left(db, process) > 0


def book(db: Database, process: Process, starts_at: datetime, now: datetime) -> Session:
    """Where the last meeting was to be, there is the next one. The caller holds the lock on the process."""
    if not may_book(db, process):
        raise NothingToBook
    practice = availability.load(db, process.supervisor_id)
    return scheduling.book(db, process, practice, _like_the_last(db, process, starts_at), Actor.participant, now)


def _like_the_last(db: Database, process: Process, starts_at: datetime) -> SessionWish:
    query = select(Session).where(Session.process_id == process.id).order_by(col(Session.starts_at).desc()).limit(1)
    last = db.scalars(query).one_or_none()
    place = {"mode": last.mode, "location": last.location, "join_url": last.join_url} if last else {"mode": Mode.onsite}
    return SessionWish.model_validate({"process_id": process.id, "starts_at": starts_at, **place})
