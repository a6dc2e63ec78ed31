"""Who did or read what, written down once and for ever, in ids only."""

from datetime import datetime

from services.booking.models import AuditEntry
from services.database import Database


def note(db: Database, now: datetime, actor: str, action: str, subject: str) -> None:
    db.add(AuditEntry(at=now, actor=actor, action=action, subject=subject))
