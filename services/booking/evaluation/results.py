"""Results of a round for its supervisor: each answer, with the goals as they were worded then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from services.booking.evaluation import answers, events
from services.booking.evaluation.answers import AnswerWithRatings, RoundQuestions
from services.booking.models.evaluation import Answer, Evaluation, GoalWording
from services.booking.models.people import Participant
from services.booking.supervision import participants
from services.booking.supervision.benefits import BENEFITS
from services.core.database import Database
from services.core.encryption import Encryption

LEVEL_OFFSET = 2
"""Added to a level, which begins at −2, gives its index in a wording."""


class RatedGoal(NamedTuple):
    """A goal with the level that it was given, and how that level was described."""

    title: str
    level: int
    words: str


@dataclass(frozen=True)
class AnswerResult:
    """One answer; the one that a group agreed together has no person."""

    answer: Answer
    person: Participant | None
    goals: Sequence[RatedGoal]
    benefits: Mapping[str, int | None]
    comment: str | None


@dataclass(frozen=True)
class RoundResults:
    """All answers of a round, those who have not answered yet, and what the group agreed, if it did."""

    asked: RoundQuestions
    agreed: AnswerResult | None
    of_people: Sequence[AnswerResult]
    waiting: Sequence[Participant]
    agreed_levels: Mapping[UUID, int]

    @property
    def agreed_version(self) -> int:
        return self.agreed.answer.version if self.agreed else 0


def load_round_results(db: Database, encryption: Encryption, one: Evaluation) -> RoundResults:
    asked = answers.load_questions(db, one)
    people = {person.id: person for person in participants.list_participants_of_process(db, one.process_id)}
    given = {each.answer.participant_id: each for each in answers.list_answers_of_round(db, one.id)}
    invited, group_answer = events.links_of_invited(db, one.id), given.get(None)
    return RoundResults(
        asked=asked,
        agreed=_answer_result(encryption, asked, group_answer, None) if group_answer else None,
        of_people=[
            _answer_result(encryption, asked, given[person_id], person)
            for person_id, person in people.items()
            if person_id in given
        ],
        waiting=[
            person
            for person_id, person in people.items()
            if person_id in invited and person_id not in given and person.left_at is None
        ],
        agreed_levels=group_answer.goals if group_answer else {},
    )


def _answer_result(
    encryption: Encryption, asked: RoundQuestions, given: AnswerWithRatings, person: Participant | None
) -> AnswerResult:
    return AnswerResult(
        answer=given.answer,
        person=person,
        goals=_rated_goals(_wordings(asked, given.answer.goals_version), given.goals),
        benefits={BENEFITS[id_].statement: agreement for id_, agreement in given.benefits.items()},
        comment=answers.read_comment(encryption, given.answer),
    )


def _wordings(asked: RoundQuestions, version: int) -> dict[UUID, GoalWording]:
    """How each goal was worded in that version of the goals, in the order of the goals."""
    known = [wording for _, wording in (*asked.goals.current, *asked.goals.earlier) if wording.since <= version]
    return {wording.goal_id: wording for wording in sorted(known, key=lambda wording: wording.since)}


def _rated_goals(wordings: Mapping[UUID, GoalWording], levels: Mapping[UUID, int]) -> list[RatedGoal]:
    return [
        RatedGoal(wording.title, levels[goal_id], wording.levels[levels[goal_id] + LEVEL_OFFSET])
        for goal_id, wording in wordings.items()
        if goal_id in levels
    ]
