"""Feedback of participants on a session, in processes that ask for it: three items from 0 to 10 and a comment."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import Engine, delete, select
from sqlmodel import col

from services.booking.models.evaluation import Feedback
from services.booking.models.people import Participant, Process
from services.booking.models.security import Link
from services.booking.models.sessions import Session
from services.booking.security.links import LinkPurpose
from services.booking.supervision import participants
from services.booking.supervision.personal_links import issue_personal_link
from services.core.database import Database, transaction
from services.core.encryption import Encryption
from services.web.protocol.fields import NOTHING_SENSITIVE, RequestBody, several_lines
from services.web.security.links import new_link

FEEDBACK_LINK_LIFETIME = timedelta(days=30)
BATCH_SIZE = 100

FEEDBACK_ITEMS = {
    "useful": "Tapaamisesta oli hyötyä työlleni.",
    "openness": "Pystyin puhumaan avoimesti.",
    "progress": "Etenimme kohti sovittuja tavoitteita.",
}

Score = Annotated[int, Field(ge=0, le=10)]
Takeaway = Annotated[str, StringConstraints(max_length=2000), AfterValidator(several_lines)]


class FeedbackCreate(RequestBody):
    """0 ei lainkaan, 10 täysin."""

    useful: Score
    openness: Score
    progress: Score
    takeaway: Takeaway | None = Field(default=None, description=f"Mitä otan mukaani? {NOTHING_SENSITIVE}")


def ask_for_feedback(
    db: Database, link_key: str, process: Process, session_id: UUID, present: Collection[UUID], now: datetime
) -> dict[UUID, UUID]:
    """Ask those who were present, if the process asks for feedback; those asked before keep their link.

    Returns the id of each one's personal link, for the event of the held session.
    """
    if not process.session_feedback:
        return {}
    asked = {one.participant_id for one in list_feedback_of_session(db, session_id)}
    for participant_id in sorted(set(present) - asked):
        one = Feedback(id=new_link(link_key), session_id=session_id, participant_id=participant_id)
        db.add(one)
        person, expires_at = db.get_one(Participant, participant_id), now + FEEDBACK_LINK_LIFETIME
        issue_personal_link(db, link_key, LinkPurpose.feedback, person, one.id, expires_at)
    db.flush()
    everybody = list_feedback_of_session(db, session_id)
    return {one.participant_id: one.id for one in everybody if one.participant_id in present}


def give_feedback(
    db: Database, encryption: Encryption, feedback: Feedback, wanted: FeedbackCreate, now: datetime
) -> None:
    """Give or change feedback while the link is valid. The caller holds the lock on the row."""
    _seal_scores(feedback, {item: getattr(wanted, item) for item in FEEDBACK_ITEMS})
    feedback.takeaway = encryption.seal_if_any(wanted.takeaway, feedback_context(feedback))
    feedback.answered_at = now
    db.flush()


def _seal_scores(feedback: Feedback, scores: dict[str, int | None]) -> None:
    feedback.scores = scores
    for item in FEEDBACK_ITEMS:
        setattr(feedback, f"{item}_before", None)


def read_scores(feedback: Feedback) -> dict[str, int | None]:
    """Each item by its name; what code from before version 0.2 wrote during an upgrade is the newest."""
    before = {item: getattr(feedback, f"{item}_before") for item in FEEDBACK_ITEMS}
    sealed = feedback.scores or {}
    return before if before["useful"] is not None else {item: sealed.get(item) for item in FEEDBACK_ITEMS}


def seal_clear_scores(engine: Engine) -> bool:
    """Seal some feedback of before version 0.2; returns whether more may wait."""
    query = select(Feedback).where(col(Feedback.useful_before).is_not(None)).limit(BATCH_SIZE)
    with transaction(engine) as db:
        found = db.scalars(query.with_for_update(skip_locked=True)).all()
        for one in found:
            _seal_scores(one, read_scores(one))
    return len(found) == BATCH_SIZE


def list_feedback_of_session(db: Database, session_id: UUID) -> Sequence[Feedback]:
    query = select(Feedback).where(col(Feedback.session_id) == session_id)
    return db.scalars(query.order_by(col(Feedback.participant_id))).all()


def find_feedback_of_link(db: Database, feedback_id: UUID, *, lock: bool = False) -> tuple[Feedback, Session]:
    """The feedback to which a personal link leads."""
    query = select(Feedback, Session).join(Session, col(Session.id) == Feedback.session_id)
    query = query.where(col(Feedback.id) == feedback_id)
    return db.execute(query.with_for_update(of=Feedback) if lock else query).one()


def read_takeaway(encryption: Encryption, feedback: Feedback) -> str | None:
    return encryption.open_if_any(feedback.takeaway, feedback_context(feedback))


def feedback_context(feedback: Feedback) -> str:
    """The context that the comment is encrypted for."""
    return f"feedback/{feedback.id}"


def forget_feedback_of_participant(db: Database, participant_id: UUID) -> None:
    theirs = select(col(Feedback.id)).where(col(Feedback.participant_id) == participant_id)
    db.execute(delete(Link).where(col(Link.subject_id).in_(theirs)))
    db.execute(delete(Feedback).where(col(Feedback.participant_id) == participant_id))


MAX_FEEDBACK = 200


class GivenFeedback(NamedTuple):
    person: Participant
    scores: Mapping[str, int | None]
    takeaway: str | None


@dataclass(frozen=True)
class SessionFeedback:
    session: Session
    said: list[GivenFeedback]


def list_feedback_of_process(db: Database, encryption: Encryption, process_id: UUID) -> list[SessionFeedback]:
    """Sessions with feedback, the newest first."""
    query = (
        select(Session, Participant, Feedback)
        .join(Feedback, col(Feedback.session_id) == Session.id)
        .join(Participant, col(Participant.id) == Feedback.participant_id)
        .where(col(Session.process_id) == process_id, col(Feedback.answered_at).is_not(None))
        .order_by(col(Session.starts_at).desc(), col(Session.id), *participants.BY_NAME)
        .limit(MAX_FEEDBACK)
    )
    rows = db.execute(query).all()
    return [
        SessionFeedback(session, [_given(encryption, person, one) for _, person, one in of_session_])
        for session, of_session_ in groupby(rows, key=lambda row: row[0])
    ]


def _given(encryption: Encryption, person: Participant, one: Feedback) -> GivenFeedback:
    return GivenFeedback(person, read_scores(one), read_takeaway(encryption, one))
