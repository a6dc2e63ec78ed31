"""A supervisor's to-do list: sessions and intakes to record, summaries to publish, what did not get through."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Select, or_
from sqlmodel import col, select

from services.booking.evaluation import rounds as evaluation_rounds
from services.booking.evaluation.rounds import ResponseCount
from services.booking.lifecycle import refused_letters
from services.booking.lifecycle.refused_letters import UnreachedRecipient
from services.booking.models.calendar import CalendarImport
from services.booking.models.evaluation import Evaluation
from services.booking.models.people import Participant, Process, ProposedParticipant
from services.booking.models.sessions import Intake, Session, Summary
from services.booking.sessions import change_wishes
from services.booking.sessions.change_wishes import OpenWish
from services.booking.sessions.requests import list_requests
from services.core.database import Database

MAX_ITEMS = 20
SUMMARY_EXPECTED_WITHIN = timedelta(days=60)
"""A summary not written in two months is no longer expected."""


@dataclass(frozen=True)
class SessionToDo:
    process: Process
    session: Session
    has_draft: bool = False


@dataclass(frozen=True)
class RoundToDo:
    process: Process
    evaluation: Evaluation
    responses: ResponseCount


@dataclass(frozen=True)
class ToDoList:
    """The oldest of each kind first, and of each no more than MOST."""

    requests: Sequence[Process]
    wishes: Sequence[OpenWish]
    unattended: Sequence[SessionToDo]
    unpublished: Sequence[SessionToDo]
    talks: Sequence[Intake]
    proposals: Sequence[tuple[Process, ProposedParticipant]]
    readdressed: Sequence[tuple[Process, Participant]]
    rounds: Sequence[RoundToDo]
    unreached: Sequence[UnreachedRecipient]
    calendars: Sequence[str]
    calendars_in_part: Sequence[tuple[str, int]]

    @property
    def is_anything(self) -> bool:
        return any(getattr(self, kind.name) for kind in fields(self))


def load_to_do(db: Database, supervisor_id: UUID, now: datetime) -> ToDoList:
    imports = db.scalars(_imports_in_trouble(supervisor_id)).all()
    return ToDoList(
        requests=list_requests(db, supervisor_id, now)[:MAX_ITEMS],
        wishes=change_wishes.list_open_wishes(db, supervisor_id, now, MAX_ITEMS),
        unattended=[SessionToDo(*row) for row in db.execute(_sessions_without_attendance(supervisor_id, now))],
        unpublished=[
            SessionToDo(process, session, has_draft=draft is not None)
            for process, session, draft in db.execute(_sessions_without_summary(supervisor_id, now))
        ],
        proposals=[(process, one) for process, one in db.execute(_proposals(supervisor_id))],
        readdressed=[(process, one) for process, one in db.execute(_readdressed(supervisor_id))],
        talks=db.scalars(_intakes_without_outcome(supervisor_id, now)).all(),
        rounds=_open_rounds(db, supervisor_id, now),
        unreached=refused_letters.list_unreached(db, supervisor_id, now, MAX_ITEMS),
        calendars=[_host(one.url) for one in imports if one.failures],
        calendars_in_part=[(_host(one.url), one.unread) for one in imports if one.unread],
    )


def _sessions_without_attendance(supervisor_id: UUID, now: datetime) -> Select[Process, Session]:
    query = select(Process, Session).join(Session, col(Session.process_id) == Process.id)
    query = query.where(Session.supervisor_id == supervisor_id, Session.status == "booked")
    return query.where(col(Session.ends_at) <= now).order_by(col(Session.starts_at)).limit(MAX_ITEMS)


def _sessions_without_summary(supervisor_id: UUID, now: datetime) -> Select[Process, Session, UUID | None]:
    query = select(Process, Session, col(Summary.id)).join(Session, col(Session.process_id) == Process.id)
    query = query.outerjoin(Summary, col(Summary.session_id) == Session.id)
    query = query.where(Session.supervisor_id == supervisor_id, Session.status == "held")
    query = query.where(col(Summary.published_at).is_(None), col(Session.starts_at) > now - SUMMARY_EXPECTED_WITHIN)
    return query.order_by(col(Session.starts_at)).limit(MAX_ITEMS)


def _intakes_without_outcome(supervisor_id: UUID, now: datetime) -> Select[Intake]:
    query = select(Intake).where(Intake.supervisor_id == supervisor_id, Intake.status == "confirmed")
    query = query.where(col(Intake.ends_at) <= now, col(Intake.start).is_(None))
    return query.order_by(col(Intake.starts_at)).limit(MAX_ITEMS)


def _proposals(supervisor_id: UUID) -> Select[Process, ProposedParticipant]:
    query = select(Process, ProposedParticipant)
    query = query.join(ProposedParticipant, col(ProposedParticipant.process_id) == Process.id)
    query = query.where(Process.supervisor_id == supervisor_id)
    return query.order_by(col(ProposedParticipant.proposed_at)).limit(MAX_ITEMS)


def _readdressed(supervisor_id: UUID) -> Select[Process, Participant]:
    query = select(Process, Participant).join(Participant, col(Participant.process_id) == Process.id)
    query = query.where(Process.supervisor_id == supervisor_id, col(Participant.readdressed_at).is_not(None))
    query = query.where(col(Participant.left_at).is_(None))
    return query.order_by(col(Participant.readdressed_at)).limit(MAX_ITEMS)


def _open_rounds(db: Database, supervisor_id: UUID, now: datetime) -> list[RoundToDo]:
    query = select(Process, Evaluation).join(Evaluation, col(Evaluation.process_id) == Process.id)
    query = query.where(Process.supervisor_id == supervisor_id, Evaluation.status == "open")
    query = query.where(col(Evaluation.due_at) > now).order_by(col(Evaluation.due_at)).limit(MAX_ITEMS)
    found = db.execute(query).all()
    responses = evaluation_rounds.count_responses(db, [one.id for _, one in found])
    return [RoundToDo(process, one, responses.get(one.id, ResponseCount(0, 0))) for process, one in found]


def _imports_in_trouble(supervisor_id: UUID) -> Select[CalendarImport]:
    query = select(CalendarImport).where(CalendarImport.supervisor_id == supervisor_id)
    in_trouble = or_(col(CalendarImport.failures) > 0, col(CalendarImport.unread) > 0)
    return query.where(in_trouble).order_by(col(CalendarImport.id))


def _host(address: str) -> str:
    """Only the host name; the rest of a calendar's address is secret."""
    return urlsplit(address).hostname or ""
