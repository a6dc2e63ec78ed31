"""What the supervisor's page of a session shows: participants, attendance, summary, note, its series."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from services.booking.models.people import Client, Participant, Process
from services.booking.models.sessions import PrivateNote, Session, Summary
from services.booking.sessions import attendance, change_wishes, intentions, summaries
from services.booking.sessions.change_wishes import OpenWish
from services.booking.sessions.intentions import ExpectedAttendance
from services.booking.sessions.sessions import AttendanceStates, SessionWithProcess
from services.booking.supervision import participants
from services.core.database import Database

MAX_SERIES_SESSIONS = 60


@dataclass(frozen=True)
class SessionView:
    process: Process
    session: Session
    client: Client
    expected: Sequence[Participant]
    states: AttendanceStates
    attendance: ExpectedAttendance | None
    wishes: Sequence[OpenWish]
    summary: Summary | None
    has_note: bool
    series: Sequence[Session]
    has_begun: bool
    is_over: bool


def load_session_view(db: Database, meeting: SessionWithProcess, now: datetime) -> SessionView:
    process, session = meeting
    states = attendance.attendance_of_session(db, session.id)
    return SessionView(
        process=process,
        session=session,
        client=db.get_one(Client, process.client_id),
        expected=expected_participants(db, meeting, states),
        states=states,
        attendance=intentions.expected_attendance(db, [session]).get(session.id),
        wishes=change_wishes.list_open_wishes_of_session(db, session, now),
        summary=summaries.find_summary(db, session.id),
        has_note=db.scalars(select(PrivateNote.version).where(PrivateNote.session_id == session.id)).first()
        is not None,
        series=_series(db, session),
        has_begun=session.starts_at <= now,
        is_over=session.ends_at <= now,
    )


def expected_participants(db: Database, meeting: SessionWithProcess, states: AttendanceStates) -> list[Participant]:
    """Those whose attendance is recorded, and everybody who takes part now; who was erased has no name to show."""
    people = participants.list_participants_of_process(db, meeting.process.id)
    return [person for person in people if not person.erased_at and (person.id in states or person.left_at is None)]


def _series(db: Database, session: Session) -> Sequence[Session]:
    if session.series_id is None:
        return []
    query = select(Session).where(Session.series_id == session.series_id, Session.status != "cancelled")
    return db.scalars(query.order_by(col(Session.starts_at)).limit(MAX_SERIES_SESSIONS)).all()
