"""The audit pages of booking: names for the subjects of entries, and all subjects of a process."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import literal, union_all
from sqlmodel import SQLModel, col, select

from services.booking.models.evaluation import Answer, Evaluation
from services.booking.models.people import Client, Participant, Process, Supervisor
from services.booking.models.security import AuditEntry, Passkey
from services.booking.models.sessions import Intake, Session, Summary
from services.booking.pages.admin.audit_labels import LABELS
from services.booking.pages.login import visitor_with_role
from services.booking.pages.site import pages
from services.core.database import Database
from services.events.catalogue import Phase
from services.finnish import formatting, vocabulary
from services.web.i18n.translation import word
from services.web.pages import audit_pages
from services.web.security.tokens import Role


def names(db: Database, references: set[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for kind, name in NAMES.items():
        wanted = audit_pages.ids(references, kind)
        if wanted:
            found |= {f"{kind}/{id_}": text for id_, text in name(db, wanted)}
    return found | _credentials(references)


def subjects(db: Database, code: str) -> list[str]:
    """Everything that belongs to the process with this code."""
    process_id = db.scalars(select(Process.id).where(col(Process.code) == code)).one_or_none()
    if process_id is None:
        return []
    parts: list[tuple[str, type[SQLModel]]] = [
        ("session", Session), ("participant", Participant), ("evaluation", Evaluation),
    ]  # fmt: skip
    queries: list[Any] = [
        select(literal(kind), table.id).where(table.process_id == process_id)  # type: ignore[attr-defined]
        for kind, table in parts
    ]
    queries.append(select(literal("answer"), Answer.id).join(Evaluation).where(Evaluation.process_id == process_id))
    queries.append(select(literal("summary"), Summary.id).join(Session).where(Session.process_id == process_id))
    return [f"process/{process_id}", *(f"{kind}/{id_}" for kind, id_ in db.execute(union_all(*queries)))]


def _by_column(id_: Any, name: Any) -> Callable[[Database, list[UUID]], Any]:
    return lambda db, wanted: db.execute(select(id_, name).where(col(id_).in_(wanted)))


def _participants(db: Database, wanted: list[UUID]) -> Any:
    query = select(Participant.id, Process.code).join(Process).where(col(Participant.id).in_(wanted))
    return [(id_, f"{word('osallistuja')} ({code})") for id_, code in db.execute(query)]


def _sessions(db: Database, wanted: list[UUID]) -> Any:
    query = select(Session.id, Process.code, Session.number, Session.starts_at).join(Process)
    rows = db.execute(query.where(col(Session.id).in_(wanted)))
    label = word("tapaaminen")
    return [(id_, f"{code}, {number}. {label} {formatting.numeric_date(at)}") for id_, code, number, at in rows]


def _intakes(db: Database, wanted: list[UUID]) -> Any:
    query = select(Intake.id, Intake.starts_at).where(col(Intake.id).in_(wanted))
    return [(id_, f"{word('kartoittava keskustelu')} {formatting.numeric_date(at)}") for id_, at in db.execute(query)]


def _evaluations(db: Database, wanted: list[UUID]) -> Any:
    query = select(Evaluation.id, Process.code, Evaluation.phase).join(Process).where(col(Evaluation.id).in_(wanted))
    return [(id_, _round(code, phase)) for id_, code, phase in db.execute(query)]


def _answers(db: Database, wanted: list[UUID]) -> Any:
    query = select(Answer.id, Process.code, Evaluation.phase).select_from(Answer).join(Evaluation).join(Process)
    return [(id_, _round(code, phase)) for id_, code, phase in db.execute(query.where(col(Answer.id).in_(wanted)))]


def _summaries(db: Database, wanted: list[UUID]) -> Any:
    query = select(Summary.id, Process.code, Session.number).select_from(Summary).join(Session).join(Process)
    rows = db.execute(query.where(col(Summary.id).in_(wanted)))
    return [(id_, f"{code}, {number}. {word('tapaaminen')}") for id_, code, number in rows]


def _round(code: str, phase: str) -> str:
    return f"{code}, {word(vocabulary.EVALUATIONS[Phase(phase)].nominative)}"


def _credentials(references: set[str]) -> dict[str, str]:
    """A credential's name is its id, which holds no secret."""
    return {reference: reference.partition("/")[2] for reference in references if reference.startswith("credential/")}


NAMES = {
    "supervisor": _by_column(Supervisor.id, Supervisor.name),
    "client": _by_column(Client.id, Client.name),
    "process": _by_column(Process.id, Process.code),
    "participant": _participants,
    "session": _sessions,
    "intake": _intakes,
    "hold": _intakes,
    "evaluation": _evaluations,
    "answer": _answers,
    "summary": _summaries,
    "passkey": _by_column(Passkey.id, Passkey.name),
}


router = audit_pages.audit_router(
    audit_pages.Source("booking", AuditEntry, names, subjects, LABELS),
    pages,
    administering=visitor_with_role(Role.admin),
    supervising=visitor_with_role(Role.supervisor),
)
