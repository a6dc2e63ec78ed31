"""The notifier's audit log: who read or resent a letter, or chose their reminders. Ids only."""

from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from services.core.database import Database
from services.notifier.models import AuditEntry, Letter, Participant, Preference, Process
from services.web.security.audit import AuditTrail, Watched

AUDITED_TABLES: dict[type[SQLModel], Watched] = {Preference: Watched("preference", "participant", "participant_id")}
SUBJECT_TABLES = {"message": Letter, "process": Process, "participant": Participant}


def supervisor_of_subject(db: Database, subject: str) -> UUID | None:
    """The supervisor whose practice a subject belongs to."""
    kind, _, id_ = subject.partition("/")
    if kind == "supervisor":
        return UUID(id_)
    row: Any = db.get(SUBJECT_TABLES[kind], UUID(id_)) if kind in SUBJECT_TABLES else None
    if isinstance(row, Participant):
        row = db.get(Process, row.process_id)
    return row.supervisor_id if row else None


AUDIT_LOG = AuditTrail(AuditEntry, AUDITED_TABLES, supervisor_of_subject)
note = AUDIT_LOG.note
