"""Publishes booking's current state again, to one subscriber that has lost its data.

One supervisor or process at a time, each locked only for a moment: changes made meanwhile are published as always, in a
newer version.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import col, select

from services.booking.evaluation import answers, goals, rounds
from services.booking.evaluation import events as evaluation_events
from services.booking.models.evaluation import Evaluation
from services.booking.models.people import Process, Supervisor
from services.booking.models.practice import Practice
from services.booking.models.sessions import Session
from services.booking.presence import events as presence_events
from services.booking.security.permissions import REQUESTED
from services.booking.sessions import attendance, intentions, summaries
from services.booking.sessions import events as session_events
from services.booking.sessions.sessions import SessionWithProcess
from services.booking.supervision import events as supervision_events
from services.booking.supervision import participants
from services.core.database import Database
from services.core.encryption import Encryption
from services.events import catalogue as c
from services.events.outbox import stage_again
from services.events.subscriptions import SUBSCRIPTIONS


def republish(db: Database, events: Iterable[c.Event], subscriber: str) -> list[UUID]:
    """Publish those of the events that a subscriber wants; returns their ids."""
    wanted = SUBSCRIPTIONS[subscriber]
    return stage_again(db, "booking", [event for event in events if isinstance(event, wanted)], subscriber)


def supervisor_events(db: Database) -> Iterable[c.Event]:
    query = select(Supervisor).order_by(col(Supervisor.id)).with_for_update()
    return map(supervision_events.supervisor_changed, db.scalars(query))


def practice_events(db: Database) -> Iterable[c.Event]:
    query = select(Practice).with_for_update()
    return map(presence_events.practice_changed, db.scalars(query))


def process_ids(db: Database) -> Sequence[UUID]:
    """Of those that anybody was told of."""
    return db.scalars(select(Process.id).where(Process.status != REQUESTED).order_by(col(Process.id))).all()


def process_events(db: Database, encryption: Encryption, process_id: UUID) -> Iterable[c.Event]:
    """The current state of a process: goals, sessions, rounds, answers, summaries, and erased participants."""
    process = db.scalars(select(Process).where(col(Process.id) == process_id).with_for_update()).one()
    yield _process_event(db, process)
    for person in participants.list_participants_of_process(db, process.id):
        if person.erased_at:
            yield supervision_events.participant_erased(person)
        elif person.address_id:
            yield supervision_events.participant_readdressed(person)
    standing = goals.load_goals(db, process.id)
    if standing.agreed:
        yield evaluation_events.goals_event(standing.agreed, standing.current, standing.earlier)
    yield from _session_events(db, encryption, process)
    for said in intentions.list_intentions_of_process(db, process.id):
        yield session_events.attendance_intended(said, process.id)
    for round_ in rounds.list_rounds_of_process(db, process.id):
        yield from _round_events(db, round_)


def _process_event(db: Database, process: Process) -> c.Event:
    if process.status == "closed":
        return supervision_events.process_event(db, process, c.ProcessClosed)
    kind = c.ProcessOpened if process.version == 1 else c.ProcessChanged
    return supervision_events.process_event(db, process, kind)


def _session_events(db: Database, encryption: Encryption, process: Process) -> Iterable[c.Event]:
    query = select(Session).where(Session.process_id == process.id).order_by(col(Session.starts_at), col(Session.id))
    for session in db.scalars(query).all():
        outcome = session_events.SessionOutcome(attendance.attendance_of_session(db, session.id))
        batch = c.Batch(id=session.id, size=1)
        yield session_events.session_event(_session_event_type(session), session, batch, outcome)
        summary = summaries.find_summary(db, session.id)
        if summary and summary.version:
            meeting = SessionWithProcess(process, session)
            content = summaries.published_content(db, encryption, summary)
            yield summaries.summary_event(db, summary, meeting, content, sends_letter=False)


def _session_event_type(session: Session) -> type[c.SessionEvent]:
    match session.status:
        case "held":
            return c.SessionHeld
        case "cancelled":
            return c.SessionCancelled
    return c.SessionBooked if session.version == 1 else c.SessionRescheduled


def _round_events(db: Database, round_: Evaluation) -> Sequence[c.Event]:
    kind = c.EvaluationClosed if round_.status == "closed" else c.EvaluationRequested
    given = answers.list_answers_of_round(db, round_.id)
    answered = (evaluation_events.answer_event(db, round_, *each) for each in given)
    return [evaluation_events.round_event(db, round_, kind), *answered]
