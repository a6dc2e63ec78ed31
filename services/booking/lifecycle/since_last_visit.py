"""What others did since a supervisor last looked at their day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, case, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.booking.models.people import DayVisit, Participant, Process
from services.booking.models.sessions import AttendanceIntention, Intake, Session
from services.core.database import Database
from services.events.catalogue import Actor, Intention

ONE_VISIT = timedelta(minutes=30)
"""Whoever comes back sooner is still at the same visit, and sees the same news."""
MOST = 20


@dataclass(frozen=True)
class SinceLastVisit:
    """The newest first, of each kind no more than MOST."""

    sessions: Sequence[tuple[Session, Process]]
    absences: Sequence[tuple[Session, Process, Participant]]
    talks: Sequence[Intake]

    @property
    def is_anything(self) -> bool:
        return bool(self.sessions or self.absences or self.talks)


def visit(db: Database, supervisor_id: UUID, now: datetime) -> SinceLastVisit:
    """Note that the supervisor looks at their day, and say what came about since they did so before."""
    about = supervisor_id, _last_visit(db, supervisor_id, now), now
    return SinceLastVisit(
        sessions=[(session, process) for session, process in db.execute(_sessions(*about))],
        absences=[(session, process, person) for session, process, person in db.execute(_absences(*about))],
        talks=db.scalars(_talks(*about)).all(),
    )


def _last_visit(db: Database, supervisor_id: UUID, now: datetime) -> datetime:
    """In one statement, so that two windows count one visit. On the first one nothing is new."""
    came = insert(DayVisit).values(supervisor_id=supervisor_id, seen_at=now, before=now)
    is_another = col(DayVisit.seen_at) < now - ONE_VISIT
    again = {"seen_at": now, "before": case((is_another, col(DayVisit.seen_at)), else_=col(DayVisit.before))}
    before = came.on_conflict_do_update(index_elements=["supervisor_id"], set_=again).returning(col(DayVisit.before))
    return db.scalars(before).one()


def _sessions(supervisor_id: UUID, since: datetime, now: datetime) -> Select[Session, Process]:
    query = select(Session, Process).join(Process, col(Process.id) == Session.process_id)
    query = query.where(
        Session.supervisor_id == supervisor_id,
        col(Session.changed_at) > since,
        col(Session.changed_by) != Actor.supervisor,
        col(Session.starts_at) > now,
        col(Session.status).in_(("booked", "cancelled")),
        or_(col(Session.undo_until).is_(None), col(Session.undo_until) <= now),
    )
    return query.order_by(col(Session.changed_at).desc()).limit(MOST)


def _absences(supervisor_id: UUID, since: datetime, now: datetime) -> Select[Session, Process, Participant]:
    query = select(Session, Process, Participant)
    query = query.join(AttendanceIntention, col(AttendanceIntention.session_id) == Session.id)
    query = query.join(Process, col(Process.id) == Session.process_id)
    query = query.join(Participant, col(Participant.id) == AttendanceIntention.participant_id)
    query = query.where(
        Session.supervisor_id == supervisor_id,
        Session.status == "booked",
        col(Session.starts_at) > now,
        AttendanceIntention.starts_at == Session.starts_at,
        AttendanceIntention.intention == Intention.not_coming,
        col(AttendanceIntention.said_at) > since,
        col(Participant.left_at).is_(None),
    )
    return query.order_by(col(AttendanceIntention.said_at).desc()).limit(MOST)


def _talks(supervisor_id: UUID, since: datetime, now: datetime) -> Select[Intake]:
    query = select(Intake).where(Intake.supervisor_id == supervisor_id, Intake.status == "confirmed")
    query = query.where(col(Intake.confirmed_at) > since, col(Intake.starts_at) > now)
    return query.order_by(col(Intake.confirmed_at).desc()).limit(MOST)
