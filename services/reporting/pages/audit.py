"""Reporting's audit log page, with names and codes instead of ids while they are known."""

from collections.abc import Mapping

from sqlmodel import col, select

from services.core.database import Database
from services.finnish import formatting
from services.reporting.models import AuditEntry, Process, Report, Supervisor
from services.reporting.pages.audit_labels import LABELS
from services.reporting.pages.site import pages
from services.web.pages import audit_pages
from services.web.pages.audit_pages import Source, ids
from services.web.pages.visiting import visiting
from services.web.security.tokens import Role


def audit_subject_names(db: Database, references: set[str]) -> Mapping[str, str]:
    of_client = col(Process.client_id).in_(ids(references, "client"))
    clients = select(Process.client_id, Process.client_name).where(of_client)
    processes = select(Process.process_id, Process.code).where(col(Process.process_id).in_(ids(references, "process")))
    reports = (
        select(Report, Process.code)
        .outerjoin(Process, col(Process.process_id) == Report.process_id)
        .where(col(Report.id).in_(ids(references, "report")))
    )
    return (
        audit_pages.supervisor_names(db, Supervisor, references)
        | {f"client/{id_}": name for id_, name in db.execute(clients)}
        | {f"process/{id_}": code for id_, code in db.execute(processes)}
        | {
            f"report/{report.id}": ", ".join(filter(None, (code, formatting.date_range(report.first, report.last))))
            for report, code in db.execute(reports)
        }
    )


def audit_subjects_of_process(db: Database, code: str) -> list[str]:
    """The process with this code and its reports."""
    process_id = db.scalars(select(Process.process_id).where(col(Process.code) == code)).first()
    if process_id is None:
        return []
    reports = db.scalars(select(Report.id).where(col(Report.process_id) == process_id))
    return [f"process/{process_id}", *(f"report/{id_}" for id_ in reports)]


router = audit_pages.audit_router(
    Source("reporting", AuditEntry, audit_subject_names, audit_subjects_of_process, LABELS),
    pages,
    administering=visiting(Role.admin),
    supervising=visiting(Role.supervisor),
)
