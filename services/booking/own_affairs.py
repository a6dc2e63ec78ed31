"""What concerns one participant on their own page: meetings behind them, summaries to read, questions to answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import and_, col, or_, select

from services.booking import feedback
from services.booking.evaluation_models import Answer, Evaluation, Feedback, Invitation, Summary, SummaryReader
from services.booking.models import Participant, Session
from services.database import Database
from services.web.problems import NotFound

MOST = 50


class Past(NamedTuple):
    """A meeting that is over or was called off, and its summary where the participant may read one."""

    session: Session
    summary: Summary | None


class Round(NamedTuple):
    """A round of evaluation that waits for the participant, or that they may still change."""

    evaluation: Evaluation
    link: UUID
    is_begun: bool
    is_answered: bool


class Asked(NamedTuple):
    """A meeting of which the participant may say what it was like."""

    session: Session
    link: UUID


def past(db: Database, person: Participant, now: datetime) -> Sequence[Past]:
    """Newest first, from the day on which they joined."""
    mine = and_(col(SummaryReader.summary_id) == Summary.id, col(SummaryReader.participant_id) == person.id)
    query = (
        select(Session, Summary, SummaryReader.id)
        .outerjoin(Summary, and_(col(Summary.session_id) == Session.id, col(Summary.edition) > 0))
        .outerjoin(SummaryReader, mine)
        .where(
            Session.process_id == person.process_id,
            col(Session.ends_at) >= person.joined_at,
            or_(col(Session.status) != "booked", col(Session.ends_at) <= now),
        )
        .order_by(col(Session.starts_at).desc())
        .limit(MOST)
    )
    return [Past(session, summary if reader else None) for session, summary, reader in db.execute(query)]


def readable(db: Database, person: Participant, session_id: UUID) -> tuple[Summary, Session]:
    """The summary of a meeting that they were given to read."""
    query = select(Summary, Session).join(Session, col(Session.id) == Summary.session_id)
    query = query.join(SummaryReader, col(SummaryReader.summary_id) == Summary.id)
    mine = (col(SummaryReader.participant_id) == person.id, col(Session.id) == session_id, col(Summary.edition) > 0)
    row = db.execute(query.where(*mine)).one_or_none()
    if row is None:
        raise NotFound
    summary, session = row
    return summary, session


def open_rounds(db: Database, person: Participant, now: datetime) -> Sequence[Round]:
    given = and_(col(Answer.evaluation_id) == Evaluation.id, col(Answer.participant_id) == person.id)
    query = (
        select(Evaluation, Invitation.id, col(Invitation.draft).is_not(None), col(Answer.id).is_not(None))
        .join(Invitation, col(Invitation.evaluation_id) == Evaluation.id)
        .outerjoin(Answer, given)
        .where(Invitation.participant_id == person.id, Evaluation.status == "open", col(Evaluation.due_at) >= now)
        .order_by(col(Evaluation.due_at))
    )
    return [Round(*row) for row in db.execute(query)]


def awaited_feedback(db: Database, person: Participant, now: datetime) -> Sequence[Asked]:
    """While the link in the letter is valid, and until they have answered."""
    query = (
        select(Session, Feedback.id)
        .join(Feedback, col(Feedback.session_id) == Session.id)
        .where(
            Feedback.participant_id == person.id,
            col(Feedback.answered_at).is_(None),
            col(Session.ends_at) > now - feedback.LINK_LIFETIME,
        )
        .order_by(col(Session.starts_at))
        .limit(MOST)
    )
    return [Asked(*row) for row in db.execute(query)]
