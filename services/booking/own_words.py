"""What a participant has answered and written here, for their own eyes (GDPR article 15), and how it is forgotten."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select

from services.booking import answers, feedback, summaries
from services.booking.answers import Given
from services.booking.benefits import BENEFITS
from services.booking.evaluation_models import Evaluation, Feedback, GoalRating, GoalWording
from services.booking.safe import Safe
from services.database import Database
from services.events.catalogue import Phase


class OwnAnswer(BaseModel):
    """An answer in a round of evaluation, with goals and benefits by their names."""

    phase: Phase
    answered_at: datetime
    goals: dict[str, int]
    benefits: dict[str, int | None]
    comment: str | None


class OwnFeedback(BaseModel):
    session_id: UUID
    answered_at: datetime
    useful: int
    openness: int
    progress: int
    takeaway: str | None


class OwnWords(BaseModel):
    answers: list[OwnAnswer]
    feedback: list[OwnFeedback]


def of_participant(db: Database, safe: Safe, participant_id: UUID) -> OwnWords:
    return OwnWords(
        answers=[_answer(db, safe, given) for given in answers.of_participant(db, participant_id)],
        feedback=_feedback(db, safe, participant_id),
    )


def _answer(db: Database, safe: Safe, given: Given) -> OwnAnswer:
    rated = (col(GoalWording.goal_id) == GoalRating.goal_id) & (col(GoalWording.since) == GoalRating.since)
    titles = select(GoalWording.title, GoalRating.level).join(GoalRating, rated)
    return OwnAnswer(
        phase=Phase(db.get_one(Evaluation, given.answer.evaluation_id).phase),
        answered_at=given.answer.answered_at,
        goals=dict(db.execute(titles.where(GoalRating.answer_id == given.answer.id)).all()),
        benefits={BENEFITS[benefit].label: agreement for benefit, agreement in given.benefits.items()},
        comment=safe.open_if_any(given.answer.comment, answers.place(given.answer)),
    )


def _feedback(db: Database, safe: Safe, participant_id: UUID) -> list[OwnFeedback]:
    query = select(Feedback).where(Feedback.participant_id == participant_id, col(Feedback.answered_at).is_not(None))
    return [
        OwnFeedback.model_validate(one.model_dump() | {"takeaway": safe.open_if_any(one.takeaway, feedback.place(one))})
        for one in db.scalars(query.order_by(col(Feedback.answered_at)))
    ]


def forget(db: Database, participant_id: UUID) -> None:
    """Drop all of it, with every link to it; that somebody was asked stays, without an answer."""
    answers.forget(db, participant_id)
    feedback.forget(db, participant_id)
    summaries.forget(db, participant_id)
