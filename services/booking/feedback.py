"""What participants say of a meeting, where a process asks for it: three items from 0 to 10 and an open line."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import delete, select
from sqlmodel import col

from services.booking import links
from services.booking.evaluation_models import Feedback
from services.booking.models import Link, Participant, Process, Session
from services.booking.safe import Safe
from services.booking.shapes import Wish, several_lines
from services.database import Database
from services.web.problems import NotFound

LINK_LIFETIME = timedelta(days=30)

ITEMS = {
    "useful": "Tapaamisesta oli hyötyä työlleni.",
    "openness": "Pystyin puhumaan avoimesti.",
    "progress": "Etenimme kohti sovittuja tavoitteita.",
}

Score = Annotated[int, Field(ge=0, le=10)]
Takeaway = Annotated[str, StringConstraints(max_length=2000), AfterValidator(several_lines)]


class FeedbackWish(Wish):
    """0 ei lainkaan, 10 täysin."""

    useful: Score
    openness: Score
    progress: Score
    takeaway: Takeaway | None = Field(
        default=None,
        description="Mitä otan mukaani? Älä kirjaa terveystietoja tai asiakkaiden ja potilaiden tunnistetietoja.",
    )


def invite(
    db: Database, link_key: str, process: Process, session_id: UUID, present: Collection[UUID], now: datetime
) -> dict[UUID, UUID]:
    """Ask those who came, where the process wants it; whoever was asked before keeps their link.

    Returns the id of each one's personal link, as the event of the held meeting carries them.
    """
    if not process.session_feedback:
        return {}
    asked = {one.participant_id for one in of_session(db, session_id)}
    for participant_id in sorted(set(present) - asked):
        one = Feedback(session_id=session_id, participant_id=participant_id)
        db.add(one)
        links.issue(db, link_key, links.Purpose.feedback, one.id, now + LINK_LIFETIME, one.id)
    db.flush()
    return {one.participant_id: one.id for one in of_session(db, session_id) if one.participant_id in present}


def give(db: Database, safe: Safe, feedback: Feedback, wish: FeedbackWish, now: datetime) -> None:
    """Answer, or change the answer while the link is valid. The caller holds the lock on the row."""
    feedback.useful, feedback.openness, feedback.progress = wish.useful, wish.openness, wish.progress
    feedback.takeaway = safe.seal_if_any(wish.takeaway, place(feedback))
    feedback.answered_at = now
    db.flush()


def of_session(db: Database, session_id: UUID) -> Sequence[Feedback]:
    query = select(Feedback).where(col(Feedback.session_id) == session_id)
    return db.scalars(query.order_by(col(Feedback.participant_id))).all()


def of_link(db: Database, feedback_id: UUID, *, lock: bool = False) -> tuple[Feedback, Session]:
    """The feedback to which a personal link leads; nothing for who has left since."""
    query = select(Feedback, Session).join(Session, col(Session.id) == Feedback.session_id)
    query = query.join(Participant, col(Participant.id) == Feedback.participant_id)
    query = query.where(col(Feedback.id) == feedback_id, col(Participant.left_at).is_(None))
    row = db.execute(query.with_for_update(of=Feedback) if lock else query).one_or_none()
    if row is None:
        raise NotFound
    return row


def place(feedback: Feedback) -> str:
    """Where the open line is sealed for."""
    return f"feedback/{feedback.id}"


def forget(db: Database, participant_id: UUID) -> None:
    theirs = select(col(Feedback.id)).where(col(Feedback.participant_id) == participant_id)
    db.execute(delete(Link).where(col(Link.subject_id).in_(theirs)))
    db.execute(delete(Feedback).where(col(Feedback.participant_id) == participant_id))
