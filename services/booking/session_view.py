"""A meeting as its supervisor sees it: who comes or came, how far its summary is, and the others of its series."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from services.booking import attendance, participants, summaries
from services.booking.evaluation_models import PrivateNote, Summary
from services.booking.meetings import Meeting, States
from services.booking.models import Client, Participant, Process, Session
from services.database import Database

MOST_OF_SERIES = 60


@dataclass(frozen=True)
class View:
    process: Process
    session: Session
    client: Client
    expected: Sequence[Participant]
    states: States
    summary: Summary | None
    has_note: bool
    series: Sequence[Session]
    has_begun: bool
    is_over: bool


def look(db: Database, meeting: Meeting, now: datetime) -> View:
    process, session = meeting
    states = attendance.of_session(db, session.id)
    return View(
        process=process,
        session=session,
        client=db.get_one(Client, process.client_id),
        expected=expected(db, meeting, states),
        states=states,
        summary=summaries.of_session(db, session.id),
        has_note=db.scalars(select(PrivateNote.version).where(PrivateNote.session_id == session.id)).first()
        is not None,
        series=_series(db, session),
        has_begun=session.starts_at <= now,
        is_over=session.ends_at <= now,
    )


def expected(db: Database, meeting: Meeting, states: States) -> list[Participant]:
    """Those of whom attendance tells, and the present members."""
    people = participants.of_process(db, meeting.process.id)
    return [person for person in people if person.id in states or person.left_at is None]


def _series(db: Database, session: Session) -> Sequence[Session]:
    if session.series_id is None:
        return []
    query = select(Session).where(Session.series_id == session.series_id, Session.status != "cancelled")
    return db.scalars(query.order_by(col(Session.starts_at)).limit(MOST_OF_SERIES)).all()
