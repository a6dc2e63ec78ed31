"""The audit log of booking: who did or read what, by ids only."""

from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from services.booking.models.calendar import Absence, Availability, CalendarImport
from services.booking.models.evaluation import AgreedGoals, Answer, Evaluation, Feedback
from services.booking.models.people import Client, Participant, Process, ProposedParticipant, Supervisor
from services.booking.models.practice import Practice, PublicPage
from services.booking.models.security import AuditEntry, Credential, Passkey
from services.booking.models.sessions import Intake, PrivateNote, Session, Summary
from services.booking.models.webhooks import Webhook
from services.core.database import Database
from services.web.security.audit import AuditTrail, Watched

AUDITED_TABLES: dict[type[SQLModel], Watched] = {
    Practice: Watched("practice", "practice", "id"),
    PublicPage: Watched("public-page", "supervisor", "supervisor_id"),
    Supervisor: Watched("supervisor", "supervisor", "id"),
    Availability: Watched("availability", "supervisor", "supervisor_id"),
    Absence: Watched("absence", "supervisor", "supervisor_id"),
    CalendarImport: Watched("calendar", "supervisor", "supervisor_id"),
    Client: Watched("client", "client", "id"),
    Credential: Watched("credential", "credential", "client_id"),
    Passkey: Watched("passkey", "passkey", "id"),
    Webhook: Watched("webhook", "webhook", "id"),
    Process: Watched("process", "process", "id"),
    Participant: Watched("participant", "participant", "id"),
    ProposedParticipant: Watched("proposal", "process", "process_id"),
    Session: Watched("session", "session", "id"),
    Intake: Watched("intake", "intake", "id"),
    AgreedGoals: Watched("goals", "process", "process_id"),
    Evaluation: Watched("evaluation", "evaluation", "id"),
    Answer: Watched("answer", "answer", "id"),
    Feedback: Watched("feedback", "session", "session_id"),
    Summary: Watched("summary", "summary", "id"),
    PrivateNote: Watched("note", "session", "session_id"),
}

SUBJECT_TABLES: dict[str, type[SQLModel]] = {
    "client": Client,
    "credential": Credential,
    "passkey": Passkey,
    "webhook": Webhook,
    "process": Process,
    "participant": Participant,
    "session": Session,
    "intake": Intake,
    "evaluation": Evaluation,
    "answer": Answer,
    "summary": Summary,
}


def supervisor_of_subject(db: Database, subject: str) -> UUID | None:
    """The supervisor whose practice a subject belongs to."""
    kind, _, id_ = subject.partition("/")
    if kind == "supervisor":
        return UUID(id_)
    if kind not in SUBJECT_TABLES:
        return None
    return _supervisor_of_row(db, db.get(SUBJECT_TABLES[kind], id_ if kind == "credential" else UUID(id_)))


def _supervisor_of_row(db: Database, row: Any) -> UUID | None:
    match row:
        case Credential(role="supervisor") | Passkey(role="supervisor") | Webhook(role="supervisor"):
            return row.party_id
        case Credential() | Webhook(role="client"):
            return _supervisor_of_row(db, db.get(Client, row.party_id))
        case Client():
            return row.entered_by
        case Process() | Session() | Intake():
            return row.supervisor_id
        case Participant() | Evaluation():
            return _supervisor_of_row(db, db.get(Process, row.process_id))
        case Answer():
            return _supervisor_of_row(db, db.get(Evaluation, row.evaluation_id))
        case Summary():
            return _supervisor_of_row(db, db.get(Session, row.session_id))
    return None


AUDIT_LOG = AuditTrail(AuditEntry, AUDITED_TABLES, supervisor_of_subject)
note = AUDIT_LOG.note
