"""What a participant has answered and written here, for their own eyes (GDPR article 15), and how it is forgotten."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select

from services.booking import answer_drafts, answers, feedback, summaries
from services.booking.answers import Draft, Given
from services.booking.benefits import BENEFITS
from services.booking.evaluation_models import Evaluation, Feedback, GoalRating, GoalWording, Invitation
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


class OwnDraft(BaseModel):
    """An answer that was begun and not sent; nobody else reads it."""

    phase: Phase
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
    drafts: list[OwnDraft]
    feedback: list[OwnFeedback]


def of_participant(db: Database, safe: Safe, participant_id: UUID) -> OwnWords:
    return OwnWords(
        answers=[_answer(db, safe, given) for given in answers.of_participant(db, participant_id)],
        drafts=_drafts(db, safe, participant_id),
        feedback=_feedback(db, safe, participant_id),
    )


def _answer(db: Database, safe: Safe, given: Given) -> OwnAnswer:
    rated = (col(GoalWording.goal_id) == GoalRating.goal_id) & (col(GoalWording.since) == GoalRating.since)
    titles = select(GoalWording.title, GoalRating.level).join(GoalRating, rated)
    return OwnAnswer(
        phase=Phase(db.get_one(Evaluation, given.answer.evaluation_id).phase),
        answered_at=given.answer.answered_at,
        goals=dict(db.execute(titles.where(GoalRating.answer_id == given.answer.id)).all()),
        benefits=_by_label(given.benefits),
        comment=safe.open_if_any(given.answer.comment, answers.place(given.answer)),
    )


def _drafts(db: Database, safe: Safe, participant_id: UUID) -> list[OwnDraft]:
    begun = select(Invitation, Evaluation).join(Evaluation, col(Evaluation.id) == Invitation.evaluation_id)
    begun = begun.where(Invitation.participant_id == participant_id, col(Invitation.draft).is_not(None))
    return [_draft(db, safe, invitation, evaluation) for invitation, evaluation in db.execute(begun)]


def _draft(db: Database, safe: Safe, invitation: Invitation, evaluation: Evaluation) -> OwnDraft:
    draft = answer_drafts.kept(safe, invitation, Draft) or Draft()
    asked = answers.questions(db, evaluation)
    titles = {worded.goal.id: worded.wording.title for worded in asked.goals.current}
    return OwnDraft(
        phase=Phase(evaluation.phase),
        goals={titles[goal]: level for goal, level in draft.goals.items() if goal in titles},
        benefits=_by_label(draft.benefits),
        comment=draft.comment,
    )


def _by_label(agreements: Mapping[str, int | None]) -> dict[str, int | None]:
    return {BENEFITS[benefit].label: agreement for benefit, agreement in agreements.items()}


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
