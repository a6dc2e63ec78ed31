"""What waits for a supervisor: what has happened and is not written down yet, and what stands still."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col, select

from services.booking import evaluation
from services.booking.evaluation import Response
from services.booking.evaluation_models import Evaluation, Summary
from services.booking.models import CalendarImport, Intake, Process, Session
from services.database import Database

MOST = 20
WRITTEN_WITHIN = timedelta(days=60)
"""A summary that nobody has written in two months is not going to be."""


@dataclass(frozen=True)
class Meeting:
    process: Process
    session: Session
    has_draft: bool = False


@dataclass(frozen=True)
class OpenRound:
    process: Process
    evaluation: Evaluation
    responses: Response


@dataclass(frozen=True)
class Awaiting:
    """The oldest of each kind first, and of each no more than MOST."""

    unattended: Sequence[Meeting]
    unpublished: Sequence[Meeting]
    talks: Sequence[Intake]
    rounds: Sequence[OpenRound]
    calendars: Sequence[str]

    @property
    def is_anything(self) -> bool:
        return any(getattr(self, kind.name) for kind in fields(self))


def look(db: Database, supervisor_id: UUID, now: datetime) -> Awaiting:
    return Awaiting(
        unattended=[Meeting(*row) for row in db.execute(_unattended(supervisor_id, now))],
        unpublished=[
            Meeting(process, session, has_draft=draft is not None)
            for process, session, draft in db.execute(_unpublished(supervisor_id, now))
        ],
        talks=db.scalars(_talks(supervisor_id, now)).all(),
        rounds=_rounds(db, supervisor_id, now),
        calendars=[_host(one.url) for one in db.scalars(_failed_imports(supervisor_id))],
    )


def _unattended(supervisor_id: UUID, now: datetime) -> Select[Process, Session]:
    query = select(Process, Session).join(Session, col(Session.process_id) == Process.id)
    query = query.where(Session.supervisor_id == supervisor_id, Session.status == "booked")
    return query.where(col(Session.ends_at) <= now).order_by(col(Session.starts_at)).limit(MOST)


def _unpublished(supervisor_id: UUID, now: datetime) -> Select[Process, Session, UUID | None]:
    query = select(Process, Session, col(Summary.id)).join(Session, col(Session.process_id) == Process.id)
    query = query.outerjoin(Summary, col(Summary.session_id) == Session.id)
    query = query.where(Session.supervisor_id == supervisor_id, Session.status == "held")
    query = query.where(col(Summary.published_at).is_(None), col(Session.starts_at) > now - WRITTEN_WITHIN)
    return query.order_by(col(Session.starts_at)).limit(MOST)


def _talks(supervisor_id: UUID, now: datetime) -> Select[Intake]:
    query = select(Intake).where(Intake.supervisor_id == supervisor_id, Intake.status == "confirmed")
    query = query.where(col(Intake.ends_at) <= now, col(Intake.start).is_(None))
    return query.order_by(col(Intake.starts_at)).limit(MOST)


def _rounds(db: Database, supervisor_id: UUID, now: datetime) -> list[OpenRound]:
    query = select(Process, Evaluation).join(Evaluation, col(Evaluation.process_id) == Process.id)
    query = query.where(Process.supervisor_id == supervisor_id, Evaluation.status == "open")
    query = query.where(col(Evaluation.due_at) > now).order_by(col(Evaluation.due_at)).limit(MOST)
    found = db.execute(query).all()
    responses = evaluation.responses(db, [one.id for _, one in found])
    return [OpenRound(process, one, responses.get(one.id, Response(0, 0))) for process, one in found]


def _failed_imports(supervisor_id: UUID) -> Select[CalendarImport]:
    query = select(CalendarImport).where(CalendarImport.supervisor_id == supervisor_id)
    return query.where(col(CalendarImport.failures) > 0).order_by(col(CalendarImport.id))


def _host(address: str) -> str:
    """Whose calendar it is; the rest of its address is a secret."""
    return urlsplit(address).hostname or ""
