"""Attendance at a session: recorded once it has begun, and corrected later if needed."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import col, delete, select

from services.booking.evaluation import feedback, round_jobs
from services.booking.models.sessions import Attendance
from services.booking.sessions import events, sessions
from services.booking.sessions.booking import SessionIsCancelled
from services.booking.sessions.sessions import AttendanceStates, SessionWithProcess
from services.booking.supervision import participants
from services.core.database import Database
from services.events.catalogue import Actor, SessionHeld
from services.web.errors.problems import InvalidRequest, Problem
from services.web.errors.validation import WrongValue, field_error
from services.web.i18n.language import Text
from services.web.protocol.fields import RequestBody

ParticipantIds = Annotated[list[UUID], Field(max_length=participants.MAX_PARTICIPANTS)]


class AttendanceCreate(RequestBody):
    """Each participant at most once. Whoever is not named was not expected."""

    present: ParticipantIds
    excused: ParticipantIds = Field(default=[])
    no_show: ParticipantIds = Field(default=[])

    @model_validator(mode="after")
    def names_each_once(self) -> Self:
        counts = Counter(self.present + self.excused + self.no_show)
        if not counts:
            raise WrongValue("Kerro ainakin yhdestä osallistujasta.", "Name at least one participant.")
        if max(counts.values()) > 1:
            raise WrongValue("Sama osallistuja on mainittu kahdesti.", "A participant is listed twice.")
        return self

    def states(self) -> AttendanceStates:
        named = {"present": self.present, "excused": self.excused, "no_show": self.no_show}
        return {person: state for state, people in named.items() for person in people}


class SessionNotBegun(Problem):
    """This session has not begun yet."""

    status = 409
    finnish = "Tämä tapaaminen ei ole vielä alkanut."
    advice = Text(fi="Kirjaa läsnäolo, kun tapaaminen on alkanut.", en="Record attendance once it has begun.")


def write_attendance(
    db: Database, link_key: str, meeting: SessionWithProcess, wanted: AttendanceCreate, by: Actor, now: datetime
) -> None:
    """Record who came, ask them for feedback, and open the evaluation round that is due.

    Recording the same again changes nothing and publishes nothing. Of those who were erased nobody can say anything
    new, and what was recorded stays.
    """
    process, session = meeting
    if session.status == "cancelled":
        raise SessionIsCancelled
    if now < session.starts_at:
        raise SessionNotBegun
    people = participants.list_participants_of_process(db, process.id)
    erased = {person.id for person in people if person.erased_at}
    _ensure_participants(wanted, {person.id for person in people} - erased)
    before = attendance_of_session(db, session.id)
    states = {**wanted.states(), **{who: state for who, state in before.items() if who in erased}}
    if session.status == "held" and states == before:
        return
    db.execute(delete(Attendance).where(col(Attendance.session_id) == session.id))
    db.add_all(Attendance(session_id=session.id, participant_id=who, state=state) for who, state in states.items())
    session.status = "held"
    sessions.mark_session_changed(session, by, now)
    db.flush()
    asked = feedback.ask_for_feedback(db, link_key, process, session.id, wanted.present, now)
    sessions.publish_sessions(db, SessionHeld, [session], now, events.SessionOutcome(states, asked))
    round_jobs.open_due_round(db, link_key, process, now)


def attendance_of_session(db: Database, session_id: UUID) -> AttendanceStates:
    query = select(Attendance.participant_id, Attendance.state).where(Attendance.session_id == session_id)
    return {row.participant_id: row.state for row in db.execute(query)}  # a Result has keys(): dict() misreads it


def _ensure_participants(wanted: AttendanceCreate, participant_ids: set[UUID]) -> None:
    unknown = [
        f"{field}.{index}"
        for field in AttendanceCreate.model_fields
        for index, person in enumerate(getattr(wanted, field))
        if person not in participant_ids
    ]
    if unknown:
        raise InvalidRequest(errors=[field_error(field, NOT_A_PARTICIPANT) for field in unknown])


NOT_A_PARTICIPANT = Text("Hän ei ole tämän prosessin osallistuja.", "This is not a participant of this process.")
