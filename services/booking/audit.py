"""Who did or read what in booking, written down once and for ever, in ids only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from services.booking.evaluation_models import AgreedGoals, Answer, Evaluation, Feedback, PrivateNote, Summary
from services.booking.models import (
    Absence,
    AuditEntry,
    Availability,
    CalendarImport,
    Client,
    Credential,
    Intake,
    Participant,
    Process,
    Session,
    Supervisor,
)
from services.database import Database
from services.web.trail import Trail, Watched

WATCHED: dict[type[SQLModel], Watched] = {
    Supervisor: Watched("supervisor", "supervisor", "id"),
    Availability: Watched("availability", "supervisor", "supervisor_id"),
    Absence: Watched("absence", "supervisor", "supervisor_id"),
    CalendarImport: Watched("calendar", "supervisor", "supervisor_id"),
    Client: Watched("client", "client", "id"),
    Credential: Watched("credential", "credential", "client_id"),
    Process: Watched("process", "process", "id"),
    Participant: Watched("participant", "participant", "id"),
    Session: Watched("session", "session", "id"),
    Intake: Watched("intake", "intake", "id"),
    AgreedGoals: Watched("goals", "process", "process_id"),
    Evaluation: Watched("evaluation", "evaluation", "id"),
    Answer: Watched("answer", "answer", "id"),
    Feedback: Watched("feedback", "session", "session_id"),
    Summary: Watched("summary", "summary", "id"),
    PrivateNote: Watched("note", "session", "session_id"),
}

SUBJECTS: dict[str, type[SQLModel]] = {
    "client": Client,
    "credential": Credential,
    "process": Process,
    "participant": Participant,
    "session": Session,
    "intake": Intake,
    "evaluation": Evaluation,
    "answer": Answer,
    "summary": Summary,
}


def note(db: Database, now: datetime, actor: str, action: str, subject: str) -> None:
    """Say what is done or read. `actor` is who a link speaks for; of those with a login we know it."""
    TRAIL.note(db, now, actor, action, subject)


def practice_of(db: Database, subject: str) -> UUID | None:
    """The supervisor whose practice a subject belongs to."""
    kind, _, id_ = subject.partition("/")
    if kind == "supervisor":
        return UUID(id_)
    if kind not in SUBJECTS:
        return None
    return _practice(db, db.get(SUBJECTS[kind], id_ if kind == "credential" else UUID(id_)))


def _practice(db: Database, row: Any) -> UUID | None:
    match row:
        case Credential(role="supervisor"):
            return row.party_id
        case Credential():
            return _practice(db, db.get(Client, row.party_id))
        case Client():
            return row.entered_by
        case Process() | Session() | Intake():
            return row.supervisor_id
        case Participant() | Evaluation():
            return _practice(db, db.get(Process, row.process_id))
        case Answer():
            return _practice(db, db.get(Evaluation, row.evaluation_id))
        case Summary():
            return _practice(db, db.get(Session, row.session_id))
    return None


TRAIL = Trail(AuditEntry, WATCHED, practice_of)
