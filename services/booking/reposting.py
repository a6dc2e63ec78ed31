"""Booking tells its present state once more: to a reader that has lost what it was told, and to nobody else.

Older versions that still wait for that reader are told first, as always; what is told here is the newest of each.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import col, select

from services.booking import answers, attendance, evaluation, goals, meetings, parties, summaries, supervision
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

AT_ONCE = 500


def repost(db: Database, safe: Safe, subscriber: str) -> list[UUID]:
    """Tell a reader everything that it subscribes to, as it is now; the ids of the events that it will receive."""
    wanted = SUBSCRIPTIONS[subscriber]
    told = [event for event in present_state(db, safe) if isinstance(event, wanted)]
    batches = (told[start : start + AT_ONCE] for start in range(0, len(told), AT_ONCE))
    return [event_id for batch in batches for event_id in tell_again(db, "booking", batch, subscriber)]


def present_state(db: Database, safe: Safe) -> Iterable[Event]:
    """Of each supervisor, and each process with its goals, meetings, rounds, answers and summaries."""
    yield from map(parties.supervisor_changed, db.scalars(select(Supervisor).order_by(col(Supervisor.id))))
    # Locked, so that nothing in a process changes between the reading and the telling.
    for process in db.scalars(select(Process).order_by(col(Process.id)).with_for_update()).all():
        yield from _of_process(db, safe, process)


def _of_process(db: Database, safe: Safe, process: Process) -> Iterable[Event]:
    if process.status == "closed":
        yield supervision.event(db, process, ProcessClosed)
    else:
        yield supervision.event(db, process, ProcessOpened if process.version == 1 else ProcessChanged)
    standing = goals.standing(db, process.id)
    if standing.agreed:
        yield goals.event(standing.agreed, standing)
    yield from _meetings(db, safe, process)
    for round_ in evaluation.of_process(db, process.id):
        yield from _of_round(db, round_)


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
