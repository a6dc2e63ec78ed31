"""What a participant's own page lists: coming and past sessions, summaries, open rounds, feedback to give."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, or_, select

from services.booking.evaluation import feedback
from services.booking.models.evaluation import Answer, Evaluation, Feedback, Invitation
from services.booking.models.people import Participant, Process, Supervisor
from services.booking.models.sessions import Session, Summary, SummaryReader
from services.core.database import Database

MAX_ROWS = 50


class PastSession(NamedTuple):
    """A session that is over or cancelled, and its summary if the participant may read it."""

    session: Session
    summary: Summary | None


class RoundToAnswer(NamedTuple):
    """A round of evaluation that the participant may answer, or whose answer they may still change."""

    evaluation: Evaluation
    link: UUID
    is_begun: bool
    is_answered: bool


class FeedbackRequest(NamedTuple):
    """A session on which the participant is asked for feedback."""

    session: Session
    link: UUID


def list_past_sessions(db: Database, person: Participant, now: datetime) -> Sequence[PastSession]:
    """Newest first, since the participant joined; what was cancelled stands where its time is."""
    mine = and_(col(SummaryReader.summary_id) == Summary.id, col(SummaryReader.participant_id) == person.id)
    query = (
        select(Session, Summary, SummaryReader.id)
        .outerjoin(Summary, and_(col(Summary.session_id) == Session.id, col(Summary.edition) > 0))
        .outerjoin(SummaryReader, mine)
        .where(
            Session.process_id == person.process_id,
            col(Session.ends_at) >= person.joined_at,
            or_(col(Session.status) == "held", col(Session.ends_at) <= now),
        )
        .order_by(col(Session.starts_at).desc())
        .limit(MAX_ROWS)
    )
    return [PastSession(session, summary if reader else None) for session, summary, reader in db.execute(query)]


def find_readable_summary(db: Database, person: Participant, session_id: UUID) -> tuple[Summary, Session]:
    """The summary of a session, if the participant may read it."""
    query = select(Summary, Session).join(Session, col(Session.id) == Summary.session_id)
    query = query.join(SummaryReader, col(SummaryReader.summary_id) == Summary.id)
    mine = (col(SummaryReader.participant_id) == person.id, col(Session.id) == session_id, col(Summary.edition) > 0)
    return db.execute(query.where(*mine, col(Session.ends_at) >= person.joined_at)).one()


def list_open_rounds(db: Database, person: Participant, now: datetime) -> Sequence[RoundToAnswer]:
    given = and_(col(Answer.evaluation_id) == Evaluation.id, col(Answer.participant_id) == person.id)
    query = (
        select(Evaluation, Invitation.id, col(Invitation.draft).is_not(None), col(Answer.id).is_not(None))
        .join(Invitation, col(Invitation.evaluation_id) == Evaluation.id)
        .outerjoin(Answer, given)
        .where(Invitation.participant_id == person.id, Evaluation.status == "open", col(Evaluation.due_at) >= now)
        .order_by(col(Evaluation.due_at))
    )
    return [RoundToAnswer(*row) for row in db.execute(query)]


def list_feedback_requests(db: Database, person: Participant, now: datetime) -> Sequence[FeedbackRequest]:
    """While the link in the letter is valid, and until they have answered."""
    query = (
        select(Session, Feedback.id)
        .join(Feedback, col(Feedback.session_id) == Session.id)
        .where(
            Feedback.participant_id == person.id,
            col(Feedback.answered_at).is_(None),
            col(Session.ends_at) > now - feedback.FEEDBACK_LINK_LIFETIME,
        )
        .order_by(col(Session.starts_at))
        .limit(MAX_ROWS)
    )
    return [FeedbackRequest(*row) for row in db.execute(query)]


MAX_SESSIONS_AHEAD = 50


@dataclass(frozen=True)
class SessionAhead:
    session: Session
    process: Process
    supervisor: Supervisor


def list_sessions_ahead(db: Database, condition: ColumnElement[bool], now: datetime) -> Sequence[SessionAhead]:
    """The sessions that have not ended, soonest first, of the processes that meet a condition; also cancelled ones."""
    query = (
        select(Session, Process, Supervisor)
        .join(Process, col(Process.id) == Session.process_id)
        .join(Supervisor, col(Supervisor.id) == Session.supervisor_id)
        .where(condition, col(Session.status).in_(("booked", "cancelled")), col(Session.ends_at) > now)
        .order_by(col(Session.starts_at))
        .limit(MAX_SESSIONS_AHEAD)
    )
    return [SessionAhead(*row) for row in db.execute(query)]
