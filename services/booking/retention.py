"""What booking forgets by itself, and when; each time a few at once, and noted down by its id alone.

How long each kind is kept is the operator's to say (`ServiceSettings`); the page about privacy says the same.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Select, delete, func, or_, update
from sqlmodel import col, select

from services import clock
from services.booking import audit, membership, supervision
from services.booking.evaluation_models import (
    Answer,
    Evaluation,
    Feedback,
    PrivateNote,
    Summary,
    SummaryEdition,
    SummaryReader,
)
from services.booking.models import Client, Intake, Link, Participant, Process, Session
from services.clock import months_before
from services.database import Database, transaction
from services.events.outbox import stage
from services.settings import ServiceSettings

AT_ONCE = 50
UNCONFIRMED_KEPT_FOR = timedelta(days=30)
"""Of those who asked for a first talk and never confirmed it."""

ACTOR = "retention"

Forget = Callable[[Database, datetime, datetime], int]


def forget_some(engine: Engine, settings: ServiceSettings) -> bool:
    """Forget a few of each kind that were kept long enough, and say whether there may be more."""
    forgotten = [_forget(engine, months, some) for months, some in kinds(settings)]
    return AT_ONCE in forgotten


def kinds(settings: ServiceSettings) -> list[tuple[int, Forget]]:
    """What is forgotten after how many months."""
    notes, answers, contacts = settings.notes_kept_months, settings.answers_kept_months, settings.contacts_kept_months
    return [
        (notes, forget_notes),
        (notes, forget_summaries),
        (notes, forget_reasons),
        (answers, forget_answers),
        (answers, forget_feedback),
        (contacts, forget_people),
        (contacts, forget_clients),
        (contacts, forget_talks),
    ]


def _forget(engine: Engine, months: int, some: Forget) -> int:
    with transaction(engine) as db:
        now = clock.now(db)
        return some(db, months_before(now, months), now)


def _note(db: Database, now: datetime, action: str, kind: str, ids: Sequence[UUID]) -> int:
    for one in ids:
        audit.note(db, now, ACTOR, action, f"{kind}/{one}")
    return len(ids)


# -- of processes that ended ------------------------------------------------------------------------------


def forget_notes(db: Database, before: datetime, now: datetime) -> int:
    query = _of_sessions(select(col(PrivateNote.session_id)).join(Session, _is(PrivateNote.session_id)), before)
    ids = db.scalars(query.with_for_update(of=PrivateNote, skip_locked=True)).all()
    db.execute(delete(PrivateNote).where(col(PrivateNote.session_id).in_(ids)))
    return _note(db, now, "note.forgotten", "session", ids)


def forget_summaries(db: Database, before: datetime, now: datetime) -> int:
    query = _of_sessions(select(col(Summary.id)).join(Session, _is(Summary.session_id)), before)
    ids = db.scalars(query.with_for_update(of=Summary, skip_locked=True)).all()
    readers = select(col(SummaryReader.id)).where(col(SummaryReader.summary_id).in_(ids))
    db.execute(delete(Link).where(col(Link.subject_id).in_(readers)))
    for part in (SummaryReader, SummaryEdition):
        db.execute(delete(part).where(col(part.summary_id).in_(ids)))
    db.execute(delete(Summary).where(col(Summary.id).in_(ids)))
    return _note(db, now, "summary.forgotten", "summary", ids)


def forget_reasons(db: Database, before: datetime, now: datetime) -> int:
    """Why a meeting was called off may tell of somebody's health."""
    query = _of_sessions(select(col(Session.id)), before).where(col(Session.cancel_reason).is_not(None))
    ids = db.scalars(query.with_for_update(of=Session, skip_locked=True)).all()
    db.execute(update(Session).where(col(Session.id).in_(ids)).values(cancel_reason=None))
    return _note(db, now, "cancel-reason.forgotten", "session", ids)


def forget_answers(db: Database, before: datetime, now: datetime) -> int:
    query = select(col(Answer.id)).join(Evaluation, col(Evaluation.id) == Answer.evaluation_id)
    query = query.join(Process, col(Process.id) == Evaluation.process_id).where(_ended(before)).limit(AT_ONCE)
    ids = db.scalars(query.with_for_update(of=Answer, skip_locked=True)).all()
    db.execute(delete(Answer).where(col(Answer.id).in_(ids)))
    return _note(db, now, "answer.forgotten", "answer", ids)


def forget_feedback(db: Database, before: datetime, now: datetime) -> int:
    query = _of_sessions(select(col(Feedback.id)).join(Session, _is(Feedback.session_id)), before)
    ids = db.scalars(query.with_for_update(of=Feedback, skip_locked=True)).all()
    db.execute(delete(Link).where(col(Link.subject_id).in_(ids)))
    db.execute(delete(Feedback).where(col(Feedback.id).in_(ids)))
    return _note(db, now, "feedback.forgotten", "feedback", ids)


def _of_sessions(query: Select[UUID], before: datetime) -> Select[UUID]:
    return query.join(Process, col(Process.id) == Session.process_id).where(_ended(before)).limit(AT_ONCE)


def _is(session_id: UUID) -> ColumnElement[bool]:
    return col(Session.id) == session_id


def _ended(before: datetime) -> ColumnElement[bool]:
    return col(Process.closed_at) < before


# -- people ----------------------------------------------------------------------------------------------


def forget_people(db: Database, before: datetime, now: datetime) -> int:
    """Names and addresses of those who left, or whose process ended, so long ago; in all services."""
    query = select(col(Participant.id), col(Participant.process_id)).join(Process, _process_of(Participant.process_id))
    last_seen = func.coalesce(Participant.left_at, Process.closed_at)
    query = query.where(col(Participant.erased_at).is_(None), last_seen < before)
    found = db.execute(query.order_by(col(Participant.process_id), col(Participant.id)).limit(AT_ONCE)).all()
    for person_id, process_id in found:
        process = db.get_one(Process, process_id, with_for_update=True)
        person = db.get_one(Participant, person_id, populate_existing=True)
        if person.erased_at is None:
            membership.erase(db, process, person, now)
    return _note(db, now, "participant.forgotten", "participant", [person_id for person_id, _ in found])


def forget_clients(db: Database, before: datetime, now: datetime) -> int:
    """The person to write to at a client that has ordered nothing for so long; the name of an organisation stays."""
    ordered = select(Process.id).where(col(Process.client_id) == col(Client.id))
    lately = ordered.where(or_(col(Process.closed_at).is_(None), col(Process.closed_at) >= before)).exists()
    query = select(Client).where(col(Client.email) != "", col(Client.created_at) < before, ~lately)
    clients = db.scalars(query.limit(AT_ONCE).with_for_update(skip_locked=True)).all()
    for client in clients:
        _forget_contact(db, client, now)
    return _note(db, now, "client.forgotten", "client", [client.id for client in clients])


def _forget_contact(db: Database, client: Client, now: datetime) -> None:
    client.first_name = client.last_name = client.email = ""
    client.name = client.name if client.kind == "organisation" else ""
    client.version += 1
    db.add(client)
    db.flush()
    ordered = select(Process).where(col(Process.client_id) == client.id).order_by(col(Process.id)).with_for_update()
    stage(db, "booking", now, [supervision.changed(db, process) for process in db.scalars(ordered).all()])


def forget_talks(db: Database, before: datetime, now: datetime) -> int:
    """Who asked for a first talk; sooner, if they never confirmed it."""
    never_confirmed = col(Intake.confirmed_at).is_(None) & (col(Intake.expires_at) < now - UNCONFIRMED_KEPT_FOR)
    query = select(col(Intake.id)).where(or_(never_confirmed, col(Intake.starts_at) < before)).limit(AT_ONCE)
    ids = db.scalars(query.with_for_update(skip_locked=True)).all()
    db.execute(delete(Link).where(col(Link.subject_id).in_(ids)))
    db.execute(delete(Intake).where(col(Intake.id).in_(ids)))
    return _note(db, now, "intake.forgotten", "intake", ids)


def _process_of(process_id: UUID) -> ColumnElement[bool]:
    return col(Process.id) == process_id
