"""What reporting's audit trail is about, in names and codes, for as long as these are known."""

from collections.abc import Mapping

from sqlmodel import col, select

from services import finnish
from services.database import Database
from services.reporting.models import Process, Report, Supervisor
from services.web.trail_pages import ids


def names(db: Database, references: set[str]) -> Mapping[str, str]:
    people = select(Supervisor.supervisor_id, Supervisor.full_name).where(
        col(Supervisor.supervisor_id).in_(ids(references, "supervisor"))
    )
    clients = select(Process.client_id, Process.client_name).where(
        col(Process.client_id).in_(ids(references, "client"))
    )
    processes = select(Process.process_id, Process.code).where(col(Process.process_id).in_(ids(references, "process")))
    reports = (
        select(Report, Process.code)
        .outerjoin(Process, col(Process.process_id) == Report.process_id)
        .where(col(Report.id).in_(ids(references, "report")))
    )
    return (
        {f"supervisor/{id_}": name for id_, name in db.execute(people)}
        | {f"client/{id_}": name for id_, name in db.execute(clients)}
        | {f"process/{id_}": code for id_, code in db.execute(processes)}
        | {
            f"report/{report.id}": ", ".join(filter(None, (code, finnish.date_range(report.first, report.last))))
            for report, code in db.execute(reports)
        }
    )


def subjects(db: Database, code: str) -> list[str]:
    """The process with this code and its reports."""
    process_id = db.scalars(select(Process.process_id).where(col(Process.code) == code)).first()
    if process_id is None:
        return []
    reports = db.scalars(select(Report.id).where(col(Report.process_id) == process_id))
    return [f"process/{process_id}", *(f"report/{id_}" for id_ in reports)]
