"""Who read a report, changed it or gave it away, written down once and for ever, in ids only."""

from datetime import datetime
from uuid import UUID

from services.database import Database
from services.reporting.models import AuditEntry


def note(db: Database, now: datetime, actor: str, action: str, report_id: UUID) -> None:
    note_of(db, now, actor, action, f"report/{report_id}")


def note_of(db: Database, now: datetime, actor: str, action: str, subject: str) -> None:
    db.add(AuditEntry(at=now, actor=actor, action=action, subject=subject))
