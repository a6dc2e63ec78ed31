"""Who read a report, changed it or gave it away, written down once and for ever, in ids only."""

from datetime import datetime
from uuid import UUID

from sqlmodel import SQLModel

from services.database import Database
from services.reporting.models import AuditEntry, Process, Report, Review, Schedule
from services.web.trail import Trail, Watched

WATCHED: dict[type[SQLModel], Watched] = {
    Report: Watched("report", "report", "id"),
    Review: Watched("review", "report", "report_id"),
    Schedule: Watched("schedule", "supervisor", "supervisor_id"),
}


def note(db: Database, now: datetime, actor: str, action: str, report_id: UUID) -> None:
    """Say what is done with a report. `actor` is who a link speaks for; of those with a login we know it."""
    note_of(db, now, actor, action, f"report/{report_id}")


def note_of(db: Database, now: datetime, actor: str, action: str, subject: str) -> None:
    TRAIL.note(db, now, actor, action, subject)


def practice_of(db: Database, subject: str) -> UUID | None:
    """The supervisor whose practice a subject belongs to."""
    kind, _, id_ = subject.partition("/")
    match kind:
        case "supervisor":
            return UUID(id_)
        case "report":
            report = db.get(Report, UUID(id_))
            return report.supervisor_id if report else None
        case "process":
            process = db.get(Process, UUID(id_))
            return process.supervisor_id if process else None
    return None


TRAIL = Trail(AuditEntry, WATCHED, practice_of)
