"""Reporting's audit log: who read, changed or released a report. Ids only."""

from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from services.core.database import Database
from services.reporting.models import AuditEntry, Process, Report, Review, Schedule
from services.web.security.audit import AuditTrail, Watched

AUDITED_TABLES: dict[type[SQLModel], Watched] = {
    Report: Watched("report", "report", "id"),
    Review: Watched("review", "report", "report_id"),
    Schedule: Watched("schedule", "supervisor", "supervisor_id"),
}

SUBJECT_TABLES = {"report": Report, "process": Process}


def supervisor_of_subject(db: Database, subject: str) -> UUID | None:
    """The supervisor whose practice a subject belongs to."""
    kind, _, id_ = subject.partition("/")
    if kind == "supervisor":
        return UUID(id_)
    row: Any = db.get(SUBJECT_TABLES[kind], UUID(id_)) if kind in SUBJECT_TABLES else None
    return row.supervisor_id if row else None


AUDIT_LOG = AuditTrail(AuditEntry, AUDITED_TABLES, supervisor_of_subject)
note = AUDIT_LOG.note
