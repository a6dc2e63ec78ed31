"""What participants answer in a round of evaluation, and the levels that a group agrees together."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from sqlalchemy import Select, delete, select
from sqlmodel import col

from services.booking import answer_drafts, goals
from services.booking.benefits import BENEFITS, MOST_A_PROCESS, BenefitId
from services.booking.evaluation import RoundIsClosed, close_if_all_answered, invited, is_over
from services.booking.evaluation_models import Answer, BenefitRating, Evaluation, GoalRating, Invitation
from services.booking.goals import Standing
from services.booking.models import Link, Participant, Process
from services.booking.safe import Safe
from services.booking.shapes import Wish, several_lines
from services.database import Database
from services.events import outbox
from services.events.catalogue import Agreement, EvaluationAnswered, Form, Level, Phase
from services.events.outbox import stage
from services.web.validation import Wrong, invalid

Comment = Annotated[str, StringConstraints(max_length=5000), AfterValidator(several_lines)]


class Draft(Wish):
    """What is rated, as far as somebody has come: goals from −2 to +2, benefits from 1 to 5, null for "can't say"."""

    goals: dict[UUID, Level] = Field(default={}, max_length=goals.MOST)
    benefits: dict[BenefitId, Agreement | None] = Field(default={}, max_length=MOST_A_PROCESS)
    comment: Comment | None = Field(
        default=None,
        description="Älä kirjaa terveystietoja tai asiakkaiden ja potilaiden tunnistetietoja.",
    )


class Ratings(Draft):
    """What is rated: goals from −2 to +2, benefits from 1 to 5, null where somebody can't say."""

    @model_validator(mode="after")
    def says_something(self) -> "Ratings":
        if not (self.goals or self.benefits or self.comment):
            raise Wrong("Vastaa ainakin yhteen kohtaan.", "Answer one question at least.")
        return self


class AnswerWish(Ratings):
    """One participant's answer; or, with ``consensus``, the levels that the group agreed together."""

    participant_id: UUID | None = None
    consensus: bool = False

    @model_validator(mode="after")
    def is_somebodys(self) -> "AnswerWish":
        if self.consensus == (self.participant_id is not None):
            raise Wrong(
                "Kerro osallistuja, tai että ryhmä sopi tasot yhdessä (consensus).",
                "Name a participant, or say that the group agreed the levels together (consensus).",
            )
        if self.consensus and self.benefits:
            raise Wrong(
                "Ryhmä sopii yhdessä vain tavoitteiden tasoista.", "A group agrees on the levels of goals only."
            )
        return self


class Given(NamedTuple):
    """An answer with everything that was rated in it."""

    answer: Answer
    goals: dict[UUID, int]
    benefits: dict[str, int | None]


class Questions(NamedTuple):
    """What is asked in a round, and which benefits may be rated in it beyond those."""

    evaluation: Evaluation
    form: Form
    goals: Standing
    known_benefits: Collection[str]


def questions(db: Database, evaluation: Evaluation) -> Questions:
    process = db.get_one(Process, evaluation.process_id)
    known = evaluation.benefits if process.benefits else BENEFITS
    return Questions(evaluation, Form(process.form), goals.standing(db, process.id), known)


def give(
    db: Database, safe: Safe, evaluation: Evaluation, participant_id: UUID | None, ratings: Ratings, now: datetime
) -> Answer:
    """Answer, or change what was answered before. The caller holds the lock on the round's row."""
    if is_over(evaluation, now):
        raise RoundIsClosed
    asked = questions(db, evaluation)
    _check_who(db, asked, participant_id)
    _check_what(asked, ratings)
    if participant_id:
        answer_drafts.drop(db, evaluation.id, participant_id)
    before = of_participant_in(db, evaluation.id, participant_id)
    if before and says_the_same(safe, before, ratings):
        return before.answer
    answer = before.answer if before else _blank(evaluation.id, participant_id)
    _write(db, safe, asked, answer, ratings, now)
    stage(db, "booking", now, [event(db, evaluation, Given(answer, ratings.goals, ratings.benefits))])
    if participant_id:
        close_if_all_answered(db, evaluation, now)
    return answer


def _check_who(db: Database, asked: Questions, participant_id: UUID | None) -> None:
    if participant_id is None and asked.form is Form.individual:
        raise invalid("consensus", "Yksilötyönohjauksessa ei ole ryhmää.", "One person is no group.")
    if participant_id and participant_id not in invited(db, asked.evaluation.id):
        raise invalid("participant_id", "Häneltä ei ole kysytty.", "They were not asked.")


def _check_what(asked: Questions, ratings: Ratings) -> None:
    known = {worded.goal.id for worded in asked.goals.current}
    for goal_id in ratings.goals:
        if goal_id not in known:
            field = f"goals.{goal_id}"
            raise invalid(field, "Prosessilla ei ole tällaista tavoitetta.", "This process has no such goal.")
    for benefit in ratings.benefits:
        if benefit not in asked.known_benefits:
            raise invalid(f"benefits.{benefit}", "Tätä ei kysytty.", "This was not asked.")


def says_the_same(safe: Safe, before: Given, ratings: Draft) -> bool:
    comment = safe.open_if_any(before.answer.comment, place(before.answer))
    return (before.goals, before.benefits, comment) == (ratings.goals, ratings.benefits, ratings.comment)


def _blank(evaluation_id: UUID, participant_id: UUID | None) -> Answer:
    return Answer(evaluation_id=evaluation_id, participant_id=participant_id, version=0, goals_version=0)


def _write(db: Database, safe: Safe, asked: Questions, answer: Answer, ratings: Ratings, now: datetime) -> None:
    since = {worded.goal.id: worded.wording.since for worded in asked.goals.current}
    answer.version += 1
    answer.goals_version, answer.answered_at = asked.goals.version, now
    answer.comment = safe.seal_if_any(ratings.comment, place(answer))
    db.add(answer)
    db.flush()
    _drop_ratings(db, answer.id)
    db.add_all(
        GoalRating(answer_id=answer.id, goal_id=goal_id, since=since[goal_id], level=level)
        for goal_id, level in ratings.goals.items()
    )
    db.add_all(
        BenefitRating(answer_id=answer.id, benefit=benefit, agreement=agreement)
        for benefit, agreement in ratings.benefits.items()
    )
    db.flush()


def _drop_ratings(db: Database, answer_id: UUID) -> None:
    """By statement, and not by the rows in hand: those of the new answer may have the same keys."""
    for table in (GoalRating, BenefitRating):
        db.execute(delete(table).where(col(table.answer_id) == answer_id))


# -- finding ----------------------------------------------------------------------------------------------


def of_round(db: Database, evaluation_id: UUID) -> list[Given]:
    """Every answer of a round, the agreed levels first and then in the order of answering."""
    query = select(Answer).where(col(Answer.evaluation_id) == evaluation_id)
    return _with_ratings(db, query.order_by(col(Answer.participant_id).is_not(None), col(Answer.answered_at)))


def of_participant(db: Database, participant_id: UUID) -> list[Given]:
    """Everything that a participant ever answered."""
    return _with_ratings(db, select(Answer).where(col(Answer.participant_id) == participant_id))


def of_participant_in(db: Database, evaluation_id: UUID, participant_id: UUID | None) -> Given | None:
    theirs = col(Answer.participant_id).is_not_distinct_from(participant_id)
    found = _with_ratings(db, select(Answer).where(col(Answer.evaluation_id) == evaluation_id, theirs))
    return found[0] if found else None


def _with_ratings(db: Database, query: Select[Answer]) -> list[Given]:
    answers = list(db.scalars(query))
    given = {answer.id: Given(answer, {}, {}) for answer in answers}
    levels = select(col(GoalRating.answer_id), col(GoalRating.goal_id), col(GoalRating.level))
    for answer_id, goal_id, level in db.execute(levels.where(col(GoalRating.answer_id).in_(given))):
        given[answer_id].goals[goal_id] = level
    agreements = select(col(BenefitRating.answer_id), col(BenefitRating.benefit), col(BenefitRating.agreement))
    for answer_id, benefit, agreement in db.execute(agreements.where(col(BenefitRating.answer_id).in_(given))):
        given[answer_id].benefits[benefit] = agreement
    return list(given.values())


def place(answer: Answer) -> str:
    """Where an answer's comment is sealed for."""
    return f"answer/{answer.id}"


# -- what others are told ---------------------------------------------------------------------------------


def event(db: Database, evaluation: Evaluation, given: Given) -> EvaluationAnswered:
    """Levels and agreements; what was written in words stays here."""
    answer = given.answer
    person = db.get(Participant, answer.participant_id) if answer.participant_id else None
    return EvaluationAnswered(
        version=answer.version,
        answer_id=answer.id,
        evaluation_id=evaluation.id,
        process_id=evaluation.process_id,
        phase=Phase(evaluation.phase),
        participant_id=answer.participant_id,
        goals=dict(given.goals),
        benefits=dict(given.benefits),
        answered_at=answer.answered_at,
        wording_version=max(1, answer.goals_version),
        person_id=person.person_id if person else None,
    )


def forget(db: Database, participant_id: UUID) -> None:
    """Drop what a participant answered, and what was told of it. That they were asked stays."""
    answer_drafts.forget(db, participant_id)
    for given in of_participant(db, participant_id):
        outbox.forget(db, f"answer/{given.answer.id}")
        db.execute(delete(Answer).where(col(Answer.id) == given.answer.id))
    asked = select(col(Invitation.id)).where(col(Invitation.participant_id) == participant_id)
    db.execute(delete(Link).where(col(Link.subject_id).in_(asked)))
