"""Taking back what was just pressed on a page: a cancellation or a move, for two minutes, in which nobody is told.

The change itself is made at once. Only the earlier times stay taken, so that nobody gets them meanwhile, and the event
says when it may be told. Whatever else changes a session ends what can be taken back of it. Of an intake only the
cancellation can be taken back.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select

from services.booking.calendar import availability, offers, reservations
from services.booking.calendar.slots import Span
from services.booking.models.people import Process
from services.booking.models.sessions import Intake, Session, SessionBefore
from services.booking.sessions import intakes
from services.booking.sessions import sessions as meetings
from services.booking.sessions.sessions import SessionWithProcess
from services.booking.supervision import processes
from services.core.database import Database, new_id
from services.events.catalogue import Actor, IntakeConfirmed, SessionRescheduled
from services.web.errors.problems import Problem
from services.web.i18n.language import Text

UNDO_TIME = timedelta(minutes=2)


class UndoIsOver(Problem):
    """This change can no longer be taken back."""

    status = 409
    finnish = "Muutosta ei voi enää kumota."
    advice = Text(
        fi="Siirrä tapaaminen tai varaa uusi aika, jos se on tarpeen.",
        en="Move the session or book another time if you need to.",
    )


class UndoableChange(NamedTuple):
    """The first of the sessions that were changed together, and how many others there are."""

    session: Session
    others: int


def remember_sessions(db: Database, sessions: Sequence[Session], by: Actor, now: datetime) -> None:
    """Keep what booked sessions of one process are. The caller changes them next, and then keeps their times."""
    change_id = new_id()
    forget_sessions(db, [session.id for session in sessions])
    db.add_all(
        SessionBefore(
            session_id=session.id,
            change_id=change_id,
            changed_by=by,
            until=now + UNDO_TIME,
            kept_as=new_id(),
            **session.model_dump(include={"number", "starts_at", "ends_at", "free_until"}),
        )
        for session in sessions
    )
    db.flush()


def keep_times(db: Database, sessions: Sequence[Session], now: datetime) -> None:
    """Hold the earlier times of changed sessions; what one of them has taken again by its move need not be held."""
    query = select(SessionBefore).where(col(SessionBefore.session_id).in_([session.id for session in sessions]))
    kept = {one.kept_as: Span(one.starts_at, one.ends_at) for one in db.scalars(query)}
    for session in sessions:
        session.undo_until = now + UNDO_TIME
    for supervisor_id in {session.supervisor_id for session in sessions}:
        practice = availability.load_practice(db, supervisor_id, lock=True)
        reservations.reserve_again(db, practice, kept, now, now + UNDO_TIME)


def forget_sessions(db: Database, session_ids: Sequence[UUID]) -> None:
    """Nothing can be taken back of these any more, and the times that were kept for it are free."""
    dropped = delete(SessionBefore).where(col(SessionBefore.session_id).in_(session_ids))
    reservations.release_times(db, db.scalars(dropped.returning(col(SessionBefore.kept_as))).all())


def prune_sessions_before(db: Database, now: datetime) -> None:
    forget_sessions(db, db.scalars(select(SessionBefore.session_id).where(col(SessionBefore.until) < now)).all())


def list_undoable(db: Database, process: Process, by: Actor, now: datetime) -> list[UndoableChange]:
    """What can be taken back in a process by those who changed it, in the order of the times."""
    query = select(Session, SessionBefore).join(SessionBefore, col(SessionBefore.session_id) == Session.id)
    mine = (Session.process_id == process.id, SessionBefore.changed_by == by, col(Session.undo_until) > now)
    changes: dict[UUID, list[Session]] = {}
    for session, before in db.execute(query.where(*mine).order_by(col(Session.starts_at))):
        changes.setdefault(before.change_id, []).append(session)
    return [UndoableChange(together[0], len(together) - 1) for together in changes.values()]


def undo_change(db: Database, meeting: SessionWithProcess, by: Actor, now: datetime) -> None:
    """Take back the newest change of a session, and of those that were changed with it and not since."""
    process, session = meeting
    processes.ensure_process_open(process)
    before = _changed_together(db, session, by, now)
    if cancelled := sum(changed.status == "cancelled" for changed, _ in before):
        meetings.ensure_may_return(db, process, cancelled, by)
    practice = availability.load_practice(db, process.supervisor_id, lock=True)
    earlier = {one.session_id: Span(one.starts_at, one.ends_at) for _, one in before}
    forget_sessions(db, list(earlier))
    reservations.release_times(db, earlier)
    if reservations.reserve_again(db, practice, earlier, now):
        raise offers.slot_taken_problem(db, practice, process.form, earlier[session.id], by, now)
    for changed, one in before:
        _restore(db, changed, one)
        meetings.mark_session_changed(changed, by, now)
        db.flush()
    meetings.number_by_time(db, process.id)
    meetings.publish_sessions(db, SessionRescheduled, [changed for changed, _ in before], now)


def _restore(db: Database, session: Session, before: SessionBefore) -> None:
    if session.status == "cancelled":
        session.number = meetings.free_number(db, session.process_id)
        session.status, session.cancelled_late = "booked", False
        session.cancelled_at = session.cancel_reason = None
    session.starts_at, session.ends_at, session.free_until = before.starts_at, before.ends_at, before.free_until


def _changed_together(
    db: Database, session: Session, by: Actor, now: datetime
) -> Sequence[tuple[Session, SessionBefore]]:
    change = select(SessionBefore.change_id).where(SessionBefore.session_id == session.id).scalar_subquery()
    query = select(Session, SessionBefore).join(SessionBefore, col(SessionBefore.session_id) == Session.id)
    still = (SessionBefore.change_id == change, SessionBefore.changed_by == by, col(Session.undo_until) > now)
    found = [(changed, one) for changed, one in db.execute(query.where(*still).order_by(col(SessionBefore.starts_at)))]
    if not any(changed.id == session.id for changed, _ in found):
        raise UndoIsOver
    return found


def cancel_intake(db: Database, intake: Intake, by: Actor, now: datetime) -> None:
    """Cancel an intake that was confirmed so that it can be taken back; one that was only held is given up at once."""
    if intake.status == "confirmed":
        intake.undo_until, intake.undo_by = min(now + UNDO_TIME, intake.starts_at), by
    intakes.give_up_intake(db, intake, by, now)


def is_undoable(intake: Intake, by: Actor, now: datetime) -> bool:
    return intake.undo_by is by and intake.undo_until is not None and intake.undo_until > now


def restore_intake(db: Database, intake: Intake, by: Actor, now: datetime) -> None:
    """Take the cancellation of an intake back."""
    if not (is_undoable(intake, by, now) and reservations.confirm_hold(db, intake.id)):
        raise UndoIsOver
    intake.status, intake.undo_until, intake.undo_by = "confirmed", None, None
    intakes.publish_intake(db, IntakeConfirmed, intake, by, now)


def end_undo_of_intakes(db: Database, now: datetime) -> None:
    over = update(Intake).where(col(Intake.undo_until) <= now).values(undo_until=None, undo_by=None, network=None)
    reservations.release_times(db, db.scalars(over.returning(col(Intake.id))).all())
