"""The notifier's audit log page, with names and codes instead of ids while they are known."""

from collections.abc import Mapping

from sqlmodel import col, select

from services.core.database import Database
from services.finnish import formatting
from services.notifier.models import AuditEntry, Letter, Participant, Process, Supervisor
from services.notifier.pages.audit_labels import LABELS
from services.notifier.pages.site import pages
from services.web.i18n.translation import word
from services.web.pages import audit_pages
from services.web.pages.audit_pages import Source, ids
from services.web.pages.visiting import visiting
from services.web.security.tokens import Role


def audit_subject_names(db: Database, references: set[str]) -> Mapping[str, str]:
    participants = (
        select(Participant.participant_id, Process.code)
        .join(Process, col(Process.process_id) == Participant.process_id)
        .where(col(Participant.participant_id).in_(ids(references, "participant")))
    )
    letters = (
        select(Letter.id, Process.code, Letter.due_at)
        .outerjoin(Process, col(Process.process_id) == Letter.process_id)
        .where(col(Letter.id).in_(ids(references, "message")))
    )
    return (
        audit_pages.supervisor_names(db, Supervisor, references)
        | {f"participant/{id_}": f"{word('osallistuja')} ({code})" for id_, code in db.execute(participants)}
        | {
            f"message/{id_}": ", ".join(filter(None, (code, f"{word('viesti')} {formatting.numeric_date(due)}")))
            for id_, code, due in db.execute(letters)
        }
    )


def audit_subjects_of_process(db: Database, code: str) -> list[str]:
    """The letters and participants of the process with this code."""
    process_id = db.scalars(select(Process.process_id).where(col(Process.code) == code)).first()
    if process_id is None:
        return []
    letters = db.scalars(select(Letter.id).where(col(Letter.process_id) == process_id))
    people = db.scalars(select(Participant.participant_id).where(col(Participant.process_id) == process_id))
    return [*(f"message/{id_}" for id_ in letters), *(f"participant/{id_}" for id_ in people)]


router = audit_pages.audit_router(
    Source("notifier", AuditEntry, audit_subject_names, audit_subjects_of_process, LABELS),
    pages,
    administering=visiting(Role.admin),
    supervising=visiting(Role.supervisor),
)
