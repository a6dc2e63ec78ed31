"""Answers in a round of evaluation: those of participants, and the levels that a group agreed together."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, NamedTuple, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from sqlalchemy import Engine, Select, delete, exists, or_, select
from sqlmodel import col

from services.booking.evaluation import answer_drafts, events, goals
from services.booking.evaluation.goals import MAX_GOALS, ProcessGoals
from services.booking.evaluation.rounds import RoundIsClosed, end_round_if_all_answered, is_round_over
from services.booking.models.evaluation import Answer, BenefitRating, Evaluation, GoalRating, Invitation
from services.booking.models.people import Participant, Process
from services.booking.models.security import Link
from services.booking.supervision.benefits import BENEFITS, MAX_BENEFITS, BenefitId
from services.core.database import Database, transaction
from services.core.encryption import Encryption
from services.events import outbox
from services.events.catalogue import Agreement, Form, Level
from services.web.errors.validation import WrongValue, invalid
from services.web.protocol.fields import NOTHING_SENSITIVE, RequestBody, several_lines

BATCH_SIZE = 100

Comment = Annotated[str, StringConstraints(max_length=5000), AfterValidator(several_lines)]


class AnswerDraft(RequestBody):
    """An unfinished answer: goals from −2 to +2, benefits from 1 to 5, null for "can't say"."""

    goals: dict[UUID, Level] = Field(default={}, max_length=MAX_GOALS)
    benefits: dict[BenefitId, Agreement | None] = Field(default={}, max_length=MAX_BENEFITS)
    comment: Comment | None = Field(default=None, description=NOTHING_SENSITIVE)


class Ratings(AnswerDraft):
    """An answer: goals from −2 to +2, benefits from 1 to 5, null for "can't say"."""

    @model_validator(mode="after")
    def says_something(self) -> Self:
        if not (self.goals or self.benefits or self.comment):
            raise WrongValue("Vastaa ainakin yhteen kohtaan.", "Answer at least one question.")
        return self


class AnswerCreate(Ratings):
    """One participant's answer; or, with ``consensus``, the levels that the group agreed together."""

    participant_id: UUID | None = None
    consensus: bool = False

    @model_validator(mode="after")
    def is_somebodys(self) -> Self:
        if self.consensus == (self.participant_id is not None):
            raise WrongValue(
                "Kerro osallistuja, tai että ryhmä sopi tasot yhdessä (consensus).",
                "Name a participant, or say that the group agreed the levels together (consensus).",
            )
        if self.consensus and self.benefits:
            raise WrongValue(
                "Ryhmä sopii yhdessä vain tavoitteiden tasoista.", "A group agrees on the levels of goals only."
            )
        return self


class AnswerWithRatings(NamedTuple):
    """An answer with its ratings."""

    answer: Answer
    goals: dict[UUID, int]
    benefits: dict[str, int | None]


class RoundQuestions(NamedTuple):
    """What is asked in a round, and which benefits may be rated in it."""

    evaluation: Evaluation
    form: Form
    goals: ProcessGoals
    known_benefits: Collection[str]


def load_questions(db: Database, evaluation: Evaluation) -> RoundQuestions:
    process = db.get_one(Process, evaluation.process_id)
    known = evaluation.benefits if process.benefits else BENEFITS
    return RoundQuestions(evaluation, Form(process.form), goals.load_goals(db, process.id), known)


def give_answer(
    db: Database,
    encryption: Encryption,
    evaluation: Evaluation,
    participant_id: UUID | None,
    ratings: Ratings,
    now: datetime,
) -> Answer:
    """Give or change an answer. The caller holds the lock on the round's row."""
    if is_round_over(evaluation, now):
        raise RoundIsClosed
    asked = load_questions(db, evaluation)
    _check_participant(db, asked, participant_id)
    _check_ratings(asked, ratings)
    if participant_id:
        answer_drafts.make_way_for_answer(db, evaluation.id, participant_id)
    before = find_answer(db, evaluation.id, participant_id)
    if before and is_same_answer(encryption, before, ratings):
        return before.answer
    fresh = Answer(evaluation_id=evaluation.id, participant_id=participant_id, version=0, goals_version=0)
    answer = before.answer if before else fresh
    _write(db, encryption, asked, answer, ratings, now)
    given = events.answer_event(db, evaluation, answer, ratings.goals, ratings.benefits)
    outbox.stage(db, "booking", now, [given])
    if participant_id:
        end_round_if_all_answered(db, evaluation, now)
    return answer


def _check_participant(db: Database, asked: RoundQuestions, participant_id: UUID | None) -> None:
    if participant_id is None and asked.form is Form.individual:
        raise invalid("consensus", "Yksilötyönohjauksessa ei ole ryhmää.", "Individual supervision has no group.")
    if participant_id and not _was_asked(db, asked, participant_id):
        raise invalid("participant_id", "Häneltä ei ole kysytty.", "They were not asked.")


def _was_asked(db: Database, asked: RoundQuestions, participant_id: UUID) -> bool:
    """Whether they were, and have not been erased since; an erasure waits until the answer is written, and takes it."""
    there = select(col(Participant.id)).where(col(Participant.id) == participant_id)
    there = there.where(col(Participant.erased_at).is_(None)).with_for_update(read=True)
    is_invited = participant_id in events.links_of_invited(db, asked.evaluation.id)
    return is_invited and db.scalars(there).one_or_none() is not None


def _check_ratings(asked: RoundQuestions, ratings: Ratings) -> None:
    known = {worded.goal.id for worded in asked.goals.current}
    for goal_id in ratings.goals:
        if goal_id not in known:
            field = f"goals.{goal_id}"
            raise invalid(field, "Prosessilla ei ole tällaista tavoitetta.", "This process has no such goal.")
    for benefit in ratings.benefits:
        if benefit not in asked.known_benefits:
            raise invalid(f"benefits.{benefit}", "Tätä ei kysytty.", "This was not asked.")


def is_same_answer(encryption: Encryption, before: AnswerWithRatings, ratings: AnswerDraft) -> bool:
    comment = read_comment(encryption, before.answer)
    return (before.goals, before.benefits, comment) == (ratings.goals, ratings.benefits, ratings.comment)


def _write(
    db: Database, encryption: Encryption, asked: RoundQuestions, answer: Answer, ratings: Ratings, now: datetime
) -> None:
    answer.version += 1
    answer.goals_version, answer.answered_at = asked.goals.version, now
    answer.comment = encryption.seal_if_any(ratings.comment, answer_context(answer))
    seal_ratings(db, AnswerWithRatings(answer, ratings.goals, dict(ratings.benefits)))


def seal_ratings(db: Database, given: AnswerWithRatings) -> None:
    goals = {str(goal_id): level for goal_id, level in given.goals.items()}
    given.answer.ratings = {"version": given.answer.version, "goals": goals, "benefits": given.benefits}
    db.add(given.answer)
    db.flush()
    for table in (GoalRating, BenefitRating):
        db.execute(delete(table).where(col(table.answer_id) == given.answer.id))


def list_answers_of_round(db: Database, evaluation_id: UUID) -> list[AnswerWithRatings]:
    """Every answer of a round, the agreed levels first and then in the order of answering."""
    query = select(Answer).where(col(Answer.evaluation_id) == evaluation_id)
    return _with_ratings(db, query.order_by(col(Answer.participant_id).is_not(None), col(Answer.answered_at)))


def list_answers_of_participant(db: Database, participant_id: UUID) -> list[AnswerWithRatings]:
    """Everything that a participant ever answered."""
    return _with_ratings(db, select(Answer).where(col(Answer.participant_id) == participant_id))


def find_answer(db: Database, evaluation_id: UUID, participant_id: UUID | None) -> AnswerWithRatings | None:
    theirs = col(Answer.participant_id).is_not_distinct_from(participant_id)
    found = _with_ratings(db, select(Answer).where(col(Answer.evaluation_id) == evaluation_id, theirs))
    return found[0] if found else None


def _with_ratings(db: Database, query: Select[Answer]) -> list[AnswerWithRatings]:
    given = {answer.id: AnswerWithRatings(answer, *_sealed_ratings(answer)) for answer in db.scalars(query)}
    _read_clear_ratings(db, {id_: each for id_, each in given.items() if not _is_sealed(each.answer)})
    return list(given.values())


def _is_sealed(answer: Answer) -> bool:
    """Unless it was changed by code from before version 0.2, during an upgrade."""
    return answer.ratings is not None and answer.ratings["version"] == answer.version


def _sealed_ratings(answer: Answer) -> tuple[dict[UUID, int], dict[str, int | None]]:
    if answer.ratings is None or not _is_sealed(answer):
        return {}, {}
    return {UUID(goal_id): level for goal_id, level in answer.ratings["goals"].items()}, answer.ratings["benefits"]


def _read_clear_ratings(db: Database, given: Mapping[UUID, AnswerWithRatings]) -> None:
    """Those of answers from before version 0.2 that no job has sealed yet."""
    if not given:
        return
    levels = select(col(GoalRating.answer_id), col(GoalRating.goal_id), col(GoalRating.level))
    for answer_id, goal_id, level in db.execute(levels.where(col(GoalRating.answer_id).in_(given))):
        given[answer_id].goals[goal_id] = level
    agreements = select(col(BenefitRating.answer_id), col(BenefitRating.benefit), col(BenefitRating.agreement))
    for answer_id, benefit, agreement in db.execute(agreements.where(col(BenefitRating.answer_id).in_(given))):
        given[answer_id].benefits[benefit] = agreement


def seal_clear_ratings(engine: Engine) -> bool:
    """Seal some ratings of before version 0.2; returns whether more may wait."""
    rated = [exists().where(col(table.answer_id) == col(Answer.id)) for table in (GoalRating, BenefitRating)]
    query = select(Answer).where(or_(col(Answer.ratings).is_(None), *rated)).limit(BATCH_SIZE)
    with transaction(engine) as db:
        found = _with_ratings(db, query.with_for_update(of=Answer, skip_locked=True))
        for given in found:
            seal_ratings(db, given)
    return len(found) == BATCH_SIZE


def read_comment(encryption: Encryption, answer: Answer) -> str | None:
    return encryption.open_if_any(answer.comment, answer_context(answer))


def answer_context(answer: Answer) -> str:
    """The context that an answer's comment is encrypted for."""
    return f"answer/{answer.id}"


def forget_answers_of_participant(db: Database, participant_id: UUID) -> None:
    """Delete a participant's answers and their unsent events. The invitation stays."""
    answer_drafts.forget_drafts_of_participant(db, participant_id)
    for given in list_answers_of_participant(db, participant_id):
        outbox.forget_subject(db, f"answer/{given.answer.id}")
        db.execute(delete(Answer).where(col(Answer.id) == given.answer.id))
    asked = select(col(Invitation.id)).where(col(Invitation.participant_id) == participant_id)
    db.execute(delete(Link).where(col(Link.subject_id).in_(asked)))
