"""Booking tells its present state once more: to a reader that has lost what it was told, and to nobody else.

One supervisor or process at a time, each locked for a moment only: what changes meanwhile is told as always, in a
newer version.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import col, select

from services.booking import (
    answers,
    attendance,
    evaluation,
    goals,
    meetings,
    participants,
    parties,
    summaries,
    supervision,
)
from services.booking.evaluation_models import Evaluation, Summary
from services.booking.meetings import Meeting, Outcome
from services.booking.models import Process, Session, Supervisor
from services.booking.safe import Safe
from services.database import Database
from services.events.catalogue import (
    Batch,
    EvaluationClosed,
    EvaluationRequested,
    Event,
    ProcessChanged,
    ProcessClosed,
    ProcessOpened,
    SessionBooked,
    SessionCancelled,
    SessionHeld,
    SessionRescheduled,
)
from services.events.outbox import tell_again
from services.events.subscriptions import SUBSCRIPTIONS


def tell(db: Database, events: Iterable[Event], subscriber: str) -> list[UUID]:
    """Tell a reader those of the events that it subscribes to; the ids of what it will receive."""
    wanted = SUBSCRIPTIONS[subscriber]
    return tell_again(db, "booking", [event for event in events if isinstance(event, wanted)], subscriber)


def supervisors(db: Database) -> Iterable[Event]:
    query = select(Supervisor).order_by(col(Supervisor.id)).with_for_update()
    return map(parties.supervisor_changed, db.scalars(query))


def process_ids(db: Database) -> Sequence[UUID]:
    return db.scalars(select(Process.id).order_by(col(Process.id))).all()


def process(db: Database, safe: Safe, process_id: UUID) -> Iterable[Event]:
    """A process as it is now, with its goals, meetings, rounds, answers and summaries, and who was erased from it."""
    process = db.scalars(select(Process).where(col(Process.id) == process_id).with_for_update()).one()
    yield _of_process(db, process)
    for person in participants.of_process(db, process.id):
        if person.erased_at:
            yield participants.erased(person)
    standing = goals.standing(db, process.id)
    if standing.agreed:
        yield goals.event(standing.agreed, standing)
    yield from _meetings(db, safe, process)
    for round_ in evaluation.of_process(db, process.id):
        yield from _of_round(db, round_)


def _of_process(db: Database, process: Process) -> Event:
    if process.status == "closed":
        return supervision.event(db, process, ProcessClosed)
    return supervision.event(db, process, ProcessOpened if process.version == 1 else ProcessChanged)


def _meetings(db: Database, safe: Safe, process: Process) -> Iterable[Event]:
    query = select(Session).where(Session.process_id == process.id).order_by(col(Session.starts_at), col(Session.id))
    for session in db.scalars(query).all():
        outcome = Outcome(attendance.of_session(db, session.id))
        yield meetings.event(_kind(session), session, Batch(id=session.id, size=1), outcome)
        summary = summaries.of_session(db, session.id)
        if summary and summary.version:
            yield _summary(db, safe, summary, Meeting(process, session))


def _kind(session: Session) -> type[SessionBooked | SessionRescheduled | SessionCancelled | SessionHeld]:
    match session.status:
        case "held":
            return SessionHeld
        case "cancelled":
            return SessionCancelled
    return SessionBooked if session.version == 1 else SessionRescheduled


def _summary(db: Database, safe: Safe, summary: Summary, meeting: Meeting) -> Event:
    content = summaries.published(db, safe, summary)
    return summaries.event(db, summary, meeting, content, sends_letter=False)


def _of_round(db: Database, round_: Evaluation) -> Sequence[Event]:
    kind = EvaluationClosed if round_.status == "closed" else EvaluationRequested
    given = answers.of_round(db, round_.id)
    return [evaluation.event(db, round_, kind), *(answers.event(db, round_, each) for each in given)]
