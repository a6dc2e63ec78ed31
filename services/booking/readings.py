"""The answers of a round as its supervisor reads them: by people and in words, each goal as it was worded then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from services.booking import answers, evaluation, participants
from services.booking.answers import Given, Questions
from services.booking.benefits import BENEFITS
from services.booking.evaluation_models import Answer, Evaluation, GoalWording
from services.booking.models import Participant
from services.booking.safe import Safe
from services.database import Database

LOWEST = 2
"""The levels of a wording begin at −2."""


class Rated(NamedTuple):
    """A goal with the level that it was given, and how that level was described."""

    title: str
    level: int
    words: str


@dataclass(frozen=True)
class Reading:
    """One answer; what a group agreed together is nobody's."""

    answer: Answer
    person: Participant | None
    goals: Sequence[Rated]
    benefits: Mapping[str, int | None]
    comment: str | None


@dataclass(frozen=True)
class Readings:
    """All answers of a round, those who have not answered yet, and what the group agreed, if it did."""

    asked: Questions
    agreed: Reading | None
    of_people: Sequence[Reading]
    waiting: Sequence[Participant]
    agreed_levels: Mapping[UUID, int]

    @property
    def agreed_version(self) -> int:
        return self.agreed.answer.version if self.agreed else 0


def of_round(db: Database, safe: Safe, one: Evaluation) -> Readings:
    asked = answers.questions(db, one)
    people = {person.id: person for person in participants.of_process(db, one.process_id)}
    given = answers.of_round(db, one.id)
    together = next((each for each in given if each.answer.participant_id is None), None)
    invited = [people[person_id] for person_id in evaluation.invited(db, one.id)]
    answered = {each.answer.participant_id for each in given}
    return Readings(
        asked=asked,
        agreed=_reading(safe, asked, together, None) if together else None,
        of_people=[
            _reading(safe, asked, each, people[each.answer.participant_id])
            for each in given
            if each.answer.participant_id
        ],
        waiting=[person for person in invited if person.id not in answered and person.left_at is None],
        agreed_levels=together.goals if together else {},
    )


def _reading(safe: Safe, asked: Questions, given: Given, person: Participant | None) -> Reading:
    return Reading(
        answer=given.answer,
        person=person,
        goals=_rated(_wordings(asked, given.answer.goals_version), given.goals),
        benefits={BENEFITS[id_].statement: agreement for id_, agreement in given.benefits.items()},
        comment=safe.open_if_any(given.answer.comment, answers.place(given.answer)),
    )


def _wordings(asked: Questions, version: int) -> dict[UUID, GoalWording]:
    """How each goal was worded in that version of the goals, in the order of the goals."""
    known = [wording for _, wording in (*asked.goals.current, *asked.goals.earlier) if wording.since <= version]
    return {wording.goal_id: wording for wording in sorted(known, key=lambda wording: wording.since)}


def _rated(wordings: Mapping[UUID, GoalWording], levels: Mapping[UUID, int]) -> list[Rated]:
    return [
        Rated(wording.title, levels[goal_id], wording.levels[levels[goal_id] + LOWEST])
        for goal_id, wording in wordings.items()
        if goal_id in levels
    ]
