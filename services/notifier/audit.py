"""Who looked into a letter, sent it again, or chose what they get, written down once and for ever, in ids only."""

from datetime import datetime
from uuid import UUID

from sqlmodel import SQLModel

from services.database import Database
from services.notifier.models import AuditEntry, Letter, Participant, Preference, Process
from services.web.trail import ANYONE, Trail, Watched

WATCHED: dict[type[SQLModel], Watched] = {Preference: Watched("preference", "participant", "participant_id")}


def note(db: Database, now: datetime, action: str, subject: str, actor: str = ANYONE) -> None:
    """Say what is done or read. `actor` is who does it where nobody has logged in."""
    TRAIL.note(db, now, actor, action, subject)


def practice_of(db: Database, subject: str) -> UUID | None:
    """The supervisor whose practice a subject belongs to."""
    kind, _, id_ = subject.partition("/")
    match kind:
        case "message":
            letter = db.get(Letter, UUID(id_))
            return letter.supervisor_id if letter else None
        case "supervisor":
            return UUID(id_)
        case "process":
            process = db.get(Process, UUID(id_))
            return process.supervisor_id if process else None
        case "participant":
            person = db.get(Participant, UUID(id_))
            process = db.get(Process, person.process_id) if person else None
            return process.supervisor_id if process else None
    return None


TRAIL = Trail(AuditEntry, WATCHED, practice_of)
