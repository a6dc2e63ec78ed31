"""Who came to a meeting. Written down once it has begun, and corrected as often as need be."""

from collections import Counter
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import col, delete, select

from services.booking import feedback, meetings, participants, rounds_due
from services.booking.meetings import Meeting, Outcome, States
from services.booking.models import Attendance
from services.booking.scheduling import SessionIsCancelled
from services.booking.shapes import Wish
from services.database import Database
from services.events.catalogue import Actor, SessionHeld
from services.web.language import Text
from services.web.problems import InvalidRequest, Problem
from services.web.validation import Wrong, field_error

People = Annotated[list[UUID], Field(max_length=participants.LARGEST)]


class AttendanceWish(Wish):
    """Each participant at most once. Whoever is not named was not expected."""

    present: People
    excused: People = Field(default=[])
    no_show: People = Field(default=[])

    @model_validator(mode="after")
    def names_each_once(self) -> "AttendanceWish":
        counts = Counter(self.present + self.excused + self.no_show)
        if not counts:
            raise Wrong("Kerro ainakin yhdestä osallistujasta.", "Tell of one participant at least.")
        if max(counts.values()) > 1:
            raise Wrong("Sama osallistuja on mainittu kahdesti.", "A participant is named twice.")
        return self

    def states(self) -> States:
        named = {"present": self.present, "excused": self.excused, "no_show": self.no_show}
        return {person: state for state, people in named.items() for person in people}


class SessionNotBegun(Problem):
    """This meeting has not begun yet."""

    status = 409
    finnish = "Tämä tapaaminen ei ole vielä alkanut."
    advice = Text(fi="Kirjaa läsnäolo, kun tapaaminen on alkanut.", en="Record attendance once it has begun.")


def record(db: Database, link_key: str, meeting: Meeting, wish: AttendanceWish, by: Actor, now: datetime) -> None:
    """Write down who came, ask them what they say of it, and open the evaluation that the process has come to.

    The same once more changes nothing and tells nobody.
    """
    process, session = meeting
    if session.status == "cancelled":
        raise SessionIsCancelled
    if now < session.starts_at:
        raise SessionNotBegun
    _ensure_members(wish, {person.id for person in participants.of_process(db, process.id)})
    states = wish.states()
    if session.status == "held" and states == of_session(db, session.id):
        return
    db.execute(delete(Attendance).where(col(Attendance.session_id) == session.id))
    db.add_all(
        Attendance(session_id=session.id, participant_id=person, state=state) for person, state in states.items()
    )
    session.status = "held"
    meetings.change(session, by, now)
    db.flush()
    asked = feedback.invite(db, link_key, process, session.id, wish.present, now)
    meetings.tell(db, SessionHeld, [session], now, Outcome(states, asked))
    rounds_due.open_what_is_due(db, link_key, process, now)


def of_session(db: Database, session_id: UUID) -> States:
    query = select(Attendance.participant_id, Attendance.state).where(Attendance.session_id == session_id)
    return {row.participant_id: row.state for row in db.execute(query)}  # a Result has keys(): dict() misreads it


def _ensure_members(wish: AttendanceWish, members: set[UUID]) -> None:
    strange = [
        f"{field}.{index}"
        for field in AttendanceWish.model_fields
        for index, person in enumerate(getattr(wish, field))
        if person not in members
    ]
    if strange:
        raise InvalidRequest(errors=[field_error(field, NOT_A_MEMBER) for field in strange])


NOT_A_MEMBER = Text("Hän ei ole tämän prosessin osallistuja.", "This is no participant of this process.")
