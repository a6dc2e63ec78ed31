"""Who intends to come to a session (pääsen, ehkä, en pääse), before it begins.

An intention belongs to a time: once the session is moved, nobody has said anything about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete
from sqlmodel import col, select

from services.booking.models.people import Participant
from services.booking.models.sessions import AttendanceIntention, Session
from services.booking.sessions import events
from services.booking.sessions.booking import ensure_can_change
from services.booking.sessions.sessions import SessionWithProcess
from services.booking.supervision import processes
from services.booking.supervision.participants import BY_NAME
from services.core.database import Database
from services.events.catalogue import Actor, Intention
from services.events.outbox import stage
from services.web.protocol.fields import Line, RequestBody

MeantForThisTime: ColumnElement[bool] = and_(
    col(AttendanceIntention.session_id) == Session.id, col(AttendanceIntention.starts_at) == Session.starts_at
)


class WordToSupervisor(RequestBody):
    """What a participant adds for the supervisor alone."""

    word: Line | None = None


@dataclass(frozen=True)
class ExpectedAttendance:
    """How many of the participants are expected at a session, and who of them said something else."""

    people: int
    cannot: Sequence[Participant]
    may: Sequence[Participant]
    notes: Mapping[UUID, str]

    @property
    def coming(self) -> int:
        return self.people - len(self.cannot)

    @property
    def is_certain(self) -> bool:
        return not self.cannot and not self.may

    def intention_of(self, person: Participant) -> Intention | None:
        """What they said, unless they come as is usual."""
        if person in self.cannot:
            return Intention.not_coming
        return Intention.maybe if person in self.may else None


def say_intention(
    db: Database,
    meeting: SessionWithProcess,
    person: Participant,
    intention: Intention,
    word: str | None,
    now: datetime,
) -> None:
    """Keep what a participant says; the caller holds the lock on the process. Saying it again changes nothing."""
    process, session = meeting
    processes.ensure_process_open(process)
    ensure_can_change(session, Actor.participant, now)
    said = db.get(AttendanceIntention, (session.id, person.id))
    now_says = AttendanceIntention(
        session_id=session.id,
        participant_id=person.id,
        version=said.version + 1 if said else 1,
        intention=intention,
        starts_at=session.starts_at,
        note=word,
        said_at=now,
    )
    if said and (said.intention, said.starts_at, said.note) == (intention, session.starts_at, word):
        return
    db.merge(now_says)
    db.flush()
    stage(db, "booking", now, [events.attendance_intended(now_says, process.id)])


def find_intention(db: Database, session: Session, person: Participant) -> AttendanceIntention | None:
    """What a participant said about the time that the session has."""
    said = db.get(AttendanceIntention, (session.id, person.id))
    return said if said and said.starts_at == session.starts_at else None


def list_own_intentions(db: Database, person: Participant) -> dict[UUID, Intention]:
    query = select(AttendanceIntention.session_id, AttendanceIntention.intention).join(Session, MeantForThisTime)
    found = db.execute(query.where(AttendanceIntention.participant_id == person.id))
    return {row.session_id: row.intention for row in found}


def expected_attendance(db: Database, sessions: Sequence[Session]) -> dict[UUID, ExpectedAttendance]:
    """Of each session that is booked; in one statement, however many they are."""
    query = (
        select(Session.id, Participant, AttendanceIntention)
        .join(Participant, and_(col(Participant.process_id) == Session.process_id, col(Participant.left_at).is_(None)))
        .outerjoin(
            AttendanceIntention, and_(MeantForThisTime, col(AttendanceIntention.participant_id) == Participant.id)
        )
        .where(col(Session.id).in_([one.id for one in sessions]), Session.status == "booked")
        .order_by(*BY_NAME)
    )
    said: dict[UUID, list[tuple[Participant, AttendanceIntention | None]]] = {}
    for session_id, person, intention in db.execute(query):
        said.setdefault(session_id, []).append((person, intention))
    return {session_id: _expected(people) for session_id, people in said.items()}


def _expected(people: Sequence[tuple[Participant, AttendanceIntention | None]]) -> ExpectedAttendance:
    def of(wanted: Intention) -> list[Participant]:
        return [person for person, said in people if said and said.intention is wanted]

    notes = {person.id: said.note for person, said in people if said and said.note}
    return ExpectedAttendance(len(people), of(Intention.not_coming), of(Intention.maybe), notes)


def list_intentions_of_process(db: Database, process_id: UUID) -> Sequence[AttendanceIntention]:
    query = select(AttendanceIntention).join(Session, col(Session.id) == AttendanceIntention.session_id)
    return db.scalars(query.where(col(Session.process_id) == process_id)).all()


def forget_intentions_of_participant(db: Database, participant_id: UUID) -> None:
    db.execute(delete(AttendanceIntention).where(col(AttendanceIntention.participant_id) == participant_id))
