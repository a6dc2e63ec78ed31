"""What a participant has answered and written, for their export (GDPR article 15), and its erasure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select

from services.booking.evaluation import answer_drafts, answers, feedback
from services.booking.evaluation.answers import AnswerDraft, AnswerWithRatings
from services.booking.models.evaluation import Evaluation, Feedback, GoalWording, Invitation
from services.booking.models.sessions import AttendanceIntention, ChangeWish
from services.booking.sessions import change_wishes, intentions, summaries
from services.booking.supervision.benefits import BENEFITS
from services.core.database import Database
from services.core.encryption import Encryption
from services.events.catalogue import Intention, Phase


class OwnAnswer(BaseModel):
    """An answer in a round of evaluation, with goals and benefits by their names."""

    phase: Phase
    answered_at: datetime
    goals: dict[str, int]
    benefits: dict[str, int | None]
    comment: str | None


class OwnDraft(BaseModel):
    """An answer that was not sent; nobody else reads it."""

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


class OwnIntention(BaseModel):
    """Whether they said that they would come to a session at this time, with their word to the supervisor."""

    session_id: UUID
    starts_at: datetime
    intention: Intention
    note: str | None
    said_at: datetime


class OwnWish(BaseModel):
    """What they wished to be changed in a shared session, with their word to the supervisor."""

    session_id: UUID
    starts_at: datetime
    kind: Literal["move", "cancel"]
    new_starts_at: datetime | None
    note: str | None
    wished_at: datetime


class PersonalData(BaseModel):
    answers: list[OwnAnswer]
    drafts: list[OwnDraft]
    feedback: list[OwnFeedback]
    intentions: list[OwnIntention] = []
    wishes: list[OwnWish] = []


NOTHING = PersonalData(answers=[], drafts=[], feedback=[])


def load_personal_data(db: Database, encryption: Encryption, participant_id: UUID) -> PersonalData:
    return PersonalData(
        answers=[_answer(db, encryption, given) for given in answers.list_answers_of_participant(db, participant_id)],
        drafts=_drafts(db, encryption, participant_id),
        feedback=_feedback(db, encryption, participant_id),
        intentions=_intentions(db, participant_id),
        wishes=_wishes(db, participant_id),
    )


def _intentions(db: Database, participant_id: UUID) -> list[OwnIntention]:
    query = select(AttendanceIntention).where(AttendanceIntention.participant_id == participant_id)
    said = db.scalars(query.order_by(col(AttendanceIntention.starts_at)))
    return [OwnIntention.model_validate(one.model_dump()) for one in said]


def _wishes(db: Database, participant_id: UUID) -> list[OwnWish]:
    query = select(ChangeWish).where(ChangeWish.participant_id == participant_id)
    return [OwnWish.model_validate(one.model_dump()) for one in db.scalars(query.order_by(col(ChangeWish.starts_at)))]


def _answer(db: Database, encryption: Encryption, given: AnswerWithRatings) -> OwnAnswer:
    known = select(GoalWording).where(col(GoalWording.goal_id).in_(given.goals))
    known = known.where(GoalWording.since <= given.answer.goals_version).order_by(col(GoalWording.since))
    titles = {wording.goal_id: wording.title for wording in db.scalars(known)}
    return OwnAnswer(
        phase=Phase(db.get_one(Evaluation, given.answer.evaluation_id).phase),
        answered_at=given.answer.answered_at,
        goals={titles[goal_id]: level for goal_id, level in given.goals.items()},
        benefits=_by_label(given.benefits),
        comment=answers.read_comment(encryption, given.answer),
    )


def _drafts(db: Database, encryption: Encryption, participant_id: UUID) -> list[OwnDraft]:
    begun = select(Invitation, Evaluation).join(Evaluation, col(Evaluation.id) == Invitation.evaluation_id)
    begun = begun.where(Invitation.participant_id == participant_id, col(Invitation.draft).is_not(None))
    return [_draft(db, encryption, invitation, evaluation) for invitation, evaluation in db.execute(begun)]


def _draft(db: Database, encryption: Encryption, invitation: Invitation, evaluation: Evaluation) -> OwnDraft:
    draft = answer_drafts.load_draft(encryption, invitation, AnswerDraft) or AnswerDraft()
    asked = answers.load_questions(db, evaluation)
    titles = {worded.goal.id: worded.wording.title for worded in asked.goals.current}
    return OwnDraft(
        phase=Phase(evaluation.phase),
        goals={titles[goal]: level for goal, level in draft.goals.items() if goal in titles},
        benefits=_by_label(draft.benefits),
        comment=draft.comment,
    )


def _by_label(agreements: Mapping[str, int | None]) -> dict[str, int | None]:
    return {BENEFITS[benefit].label: agreement for benefit, agreement in agreements.items()}


def _feedback(db: Database, encryption: Encryption, participant_id: UUID) -> list[OwnFeedback]:
    query = select(Feedback).where(Feedback.participant_id == participant_id, col(Feedback.answered_at).is_not(None))
    return [
        OwnFeedback.model_validate(
            one.model_dump() | feedback.read_scores(one) | {"takeaway": feedback.read_takeaway(encryption, one)}
        )
        for one in db.scalars(query.order_by(col(Feedback.answered_at)))
    ]


def forget_personal_data(db: Database, participant_id: UUID) -> None:
    """Delete all of it, with the links to it; invitations stay, without an answer."""
    answers.forget_answers_of_participant(db, participant_id)
    feedback.forget_feedback_of_participant(db, participant_id)
    summaries.forget_summary_links_of_participant(db, participant_id)
    intentions.forget_intentions_of_participant(db, participant_id)
    change_wishes.forget_wishes_of_participant(db, participant_id)
