"""What is published about goals, rounds of evaluation and their answers: never a comment."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, func, select

from services.booking.models.evaluation import AgreedGoals, Answer, Evaluation, Goal, GoalWording, Invitation
from services.booking.models.people import Participant
from services.booking.models.sessions import Session
from services.core.database import Database
from services.events import catalogue
from services.events.catalogue import EvaluationAnswered, EvaluationEvent, GoalsAgreed

E = TypeVar("E", bound=EvaluationEvent)

WordedGoals = Sequence[tuple[Goal, GoalWording]]


def goals_event(agreed: AgreedGoals, current: WordedGoals, earlier: WordedGoals) -> GoalsAgreed:
    return GoalsAgreed.of(agreed, goals=_published_goals(current), earlier=_published_goals(earlier))


def _published_goals(goals: WordedGoals) -> list[catalogue.Goal]:
    return [
        catalogue.Goal.of(wording, goal_id=goal.id, levels={str(n): text for n, text in enumerate(wording.levels, -2)})
        for goal, wording in goals
    ]


def round_event(db: Database, evaluation: Evaluation, kind: type[E]) -> E:
    links = links_of_invited(db, evaluation.id)
    answered = select(func.count()).where(Answer.evaluation_id == evaluation.id)
    return kind.of(
        evaluation,
        evaluation_id=evaluation.id,
        invited=tuple(links),
        answer_links=links,
        discussed_at=_discussed_at(db, evaluation),
        answered=db.scalars(answered.where(col(Answer.participant_id).is_not(None))).one(),
    )


def links_of_invited(db: Database, evaluation_id: UUID) -> dict[UUID, UUID]:
    """The invited participants, each with the id of their personal link."""
    query = select(Invitation.participant_id, Invitation.id).where(Invitation.evaluation_id == evaluation_id)
    return dict(db.execute(query.order_by(col(Invitation.participant_id))).all())


def _discussed_at(db: Database, evaluation: Evaluation) -> datetime | None:
    """When the first session booked after the round begins."""
    coming = select(Session.starts_at).where(Session.process_id == evaluation.process_id, Session.status == "booked")
    coming = coming.where(Session.starts_at > evaluation.due_at).order_by(col(Session.starts_at)).limit(1)
    return db.scalars(coming).one_or_none()


def answer_event(
    db: Database, evaluation: Evaluation, answer: Answer, goals: Mapping[UUID, int], benefits: Mapping[str, int | None]
) -> EvaluationAnswered:
    person = db.get(Participant, answer.participant_id) if answer.participant_id else None
    return EvaluationAnswered.of(
        answer,
        answer_id=answer.id,
        process_id=evaluation.process_id,
        phase=evaluation.phase,
        goals=dict(goals),
        benefits=dict(benefits),
        wording_version=max(1, answer.goals_version),
        person_id=person.person_id if person else None,
    )
