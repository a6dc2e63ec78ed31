"""Data retention: what booking deletes automatically and when, in small batches, audited by ids.

How long each kind is kept is set by the operator (`ServiceSettings`) and stated on the privacy page.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Select, delete, func, or_, update
from sqlmodel import col, select

from services.booking.models.evaluation import Answer, Evaluation, Feedback
from services.booking.models.people import Client, Participant, Process
from services.booking.models.security import Link
from services.booking.models.sessions import AttendanceIntention, ChangeWish, Intake, PrivateNote, Session, Summary
from services.booking.privacy import erasure
from services.booking.security import audit
from services.booking.security.webhooks.ending import forget_webhooks
from services.booking.sessions import summaries
from services.booking.supervision import events
from services.core import clock
from services.core.database import Database, transaction
from services.core.settings import ServiceSettings
from services.events.outbox import stage

BATCH_SIZE = 50
UNCONFIRMED_KEPT_FOR = timedelta(days=30)
"""For requests of an intake that were never confirmed."""

ACTOR = "retention"

ForgetFunction = Callable[[Database, datetime, datetime], int]


def forget_batch(engine: Engine, settings: ServiceSettings) -> bool:
    """Delete some of each kind that were kept long enough; returns whether there may be more."""
    forgotten = [_apply_rule(engine, months, forget) for months, forget in retention_rules(settings)]
    return BATCH_SIZE in forgotten


def retention_rules(settings: ServiceSettings) -> list[tuple[int, ForgetFunction]]:
    """After how many months each kind is deleted."""
    notes, answers, contacts = settings.notes_kept_months, settings.answers_kept_months, settings.contacts_kept_months
    return [
        (notes, forget_notes),
        (notes, forget_summaries),
        (notes, forget_cancel_reasons),
        (notes, forget_intentions),
        (notes, forget_wishes),
        (answers, forget_answers),
        (answers, forget_feedback),
        (contacts, forget_participants),
        (contacts, forget_clients),
        (contacts, forget_intakes),
    ]


def _apply_rule(engine: Engine, months: int, forget: ForgetFunction) -> int:
    with transaction(engine) as db:
        now = clock.now(db)
        return forget(db, clock.months_before(now, months), now)


def _audit(db: Database, now: datetime, action: str, kind: str, ids: Sequence[UUID]) -> int:
    for one in ids:
        audit.note(db, now, action, f"{kind}/{one}", ACTOR)
    return len(ids)


def forget_notes(db: Database, before: datetime, now: datetime) -> int:
    query = select(col(PrivateNote.session_id)).join(Session, _is_session(PrivateNote.session_id))
    ended = _of_ended_processes(query, before)
    ids = db.scalars(ended.with_for_update(of=PrivateNote, skip_locked=True)).all()
    db.execute(delete(PrivateNote).where(col(PrivateNote.session_id).in_(ids)))
    return _audit(db, now, "note.forgotten", "session", ids)


def forget_summaries(db: Database, before: datetime, now: datetime) -> int:
    query = _of_ended_processes(select(col(Summary.id)).join(Session, _is_session(Summary.session_id)), before)
    ids = db.scalars(query.with_for_update(of=Summary, skip_locked=True)).all()
    summaries.forget_summaries(db, ids)
    return _audit(db, now, "summary.forgotten", "summary", ids)


def forget_cancel_reasons(db: Database, before: datetime, now: datetime) -> int:
    """The reason of a cancellation may reveal health data."""
    query = _of_ended_processes(select(col(Session.id)), before).where(col(Session.cancel_reason).is_not(None))
    ids = db.scalars(query.with_for_update(of=Session, skip_locked=True)).all()
    db.execute(update(Session).where(col(Session.id).in_(ids)).values(cancel_reason=None))
    return _audit(db, now, "cancel-reason.forgotten", "session", ids)


def forget_intentions(db: Database, before: datetime, now: datetime) -> int:
    """Who could not come, and why, may reveal health data."""
    return _forget_said(db, AttendanceIntention, before, now, "intention.forgotten")


def forget_wishes(db: Database, before: datetime, now: datetime) -> int:
    return _forget_said(db, ChangeWish, before, now, "wish.forgotten")


def _forget_said(
    db: Database, table: type[AttendanceIntention | ChangeWish], before: datetime, now: datetime, action: str
) -> int:
    query = select(col(table.session_id)).join(Session, _is_session(table.session_id)).distinct()
    ids = db.scalars(_of_ended_processes(query, before)).all()
    db.execute(delete(table).where(col(table.session_id).in_(ids)))
    return _audit(db, now, action, "session", ids)


def forget_answers(db: Database, before: datetime, now: datetime) -> int:
    query = select(col(Answer.id)).join(Evaluation, col(Evaluation.id) == Answer.evaluation_id)
    query = query.join(Process, col(Process.id) == Evaluation.process_id).where(_ended_before(before)).limit(BATCH_SIZE)
    ids = db.scalars(query.with_for_update(of=Answer, skip_locked=True)).all()
    db.execute(delete(Answer).where(col(Answer.id).in_(ids)))
    return _audit(db, now, "answer.forgotten", "answer", ids)


def forget_feedback(db: Database, before: datetime, now: datetime) -> int:
    query = _of_ended_processes(select(col(Feedback.id)).join(Session, _is_session(Feedback.session_id)), before)
    ids = db.scalars(query.with_for_update(of=Feedback, skip_locked=True)).all()
    db.execute(delete(Link).where(col(Link.subject_id).in_(ids)))
    db.execute(delete(Feedback).where(col(Feedback.id).in_(ids)))
    return _audit(db, now, "feedback.forgotten", "feedback", ids)


def _of_ended_processes(query: Select[UUID], before: datetime) -> Select[UUID]:
    return query.join(Process, col(Process.id) == Session.process_id).where(_ended_before(before)).limit(BATCH_SIZE)


def _is_session(session_id: UUID) -> ColumnElement[bool]:
    return col(Session.id) == session_id


def _ended_before(before: datetime) -> ColumnElement[bool]:
    return col(Process.closed_at) < before


def forget_participants(db: Database, before: datetime, now: datetime) -> int:
    """Names and addresses of those who left, or whose process ended, long enough ago; in all services."""
    query = select(col(Participant.id), col(Participant.process_id))
    query = query.join(Process, col(Process.id) == Participant.process_id)
    last_seen = func.coalesce(Participant.left_at, Process.closed_at)
    query = query.where(col(Participant.erased_at).is_(None), last_seen < before)
    found = db.execute(query.order_by(col(Participant.process_id), col(Participant.id)).limit(BATCH_SIZE)).all()
    for person_id, process_id in found:
        process = db.get_one(Process, process_id, with_for_update=True)
        person = db.get_one(Participant, person_id, populate_existing=True)
        if person.erased_at is None:
            erasure.forget_participant(db, process, person, now)
    return _audit(db, now, "participant.forgotten", "participant", [person_id for person_id, _ in found])


def forget_clients(db: Database, before: datetime, now: datetime) -> int:
    """The contact of a client that has had no process for so long; the name of an organisation stays."""
    ordered = select(Process.id).where(col(Process.client_id) == col(Client.id))
    lately = ordered.where(or_(col(Process.closed_at).is_(None), col(Process.closed_at) >= before)).exists()
    query = select(Client).where(col(Client.email) != "", col(Client.created_at) < before, ~lately)
    clients = db.scalars(query.limit(BATCH_SIZE).with_for_update(skip_locked=True)).all()
    for client in clients:
        _forget_contact(db, client, now)
    return _audit(db, now, "client.forgotten", "client", [client.id for client in clients])


def _forget_contact(db: Database, client: Client, now: datetime) -> None:
    client.first_name = client.last_name = client.email = ""
    client.stated_email = None
    client.name = client.name if client.kind == "organisation" else ""
    client.version += 1
    forget_webhooks(db, client.id)
    db.add(client)
    db.flush()
    ordered = select(Process).where(col(Process.client_id) == client.id).order_by(col(Process.id)).with_for_update()
    stage(db, "booking", now, [events.process_changed(db, process) for process in db.scalars(ordered).all()])


def forget_intakes(db: Database, before: datetime, now: datetime) -> int:
    """Requests of an intake; sooner, if never confirmed."""
    never_confirmed = col(Intake.confirmed_at).is_(None) & (col(Intake.expires_at) < now - UNCONFIRMED_KEPT_FOR)
    query = select(col(Intake.id)).where(or_(never_confirmed, col(Intake.starts_at) < before)).limit(BATCH_SIZE)
    ids = db.scalars(query.with_for_update(skip_locked=True)).all()
    db.execute(delete(Link).where(col(Link.subject_id).in_(ids)))
    db.execute(delete(Intake).where(col(Intake.id).in_(ids)))
    return _audit(db, now, "intake.forgotten", "intake", ids)
