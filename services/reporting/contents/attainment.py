"""The attainment of a process's goals and the ratings of its benefits, from the answers to its evaluations."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple, cast
from uuid import UUID

from services.events.catalogue import Goal
from services.finnish.vocabulary import benefit_label
from services.finnish.workdays import local
from services.reporting.contents import gas
from services.reporting.contents.documents import (
    BenefitChange,
    BenefitPoint,
    BenefitStatus,
    GoalStatus,
    Importance,
    Rating,
    RoundResponse,
    TScore,
)
from services.reporting.models import Answer
from services.reporting.projections.process_data import EvaluationRound, ProcessData

# -- goals ------------------------------------------------------------------------------------------------


class GoalLevels(NamedTuple):
    """The levels given to one goal in one round: the one the group agreed on, and each person's own."""

    round: EvaluationRound
    agreed: int | None
    by_person: Mapping[str, int]
    newest: Answer
    """The answer whose wording of the goal counts."""


def goal_statuses(data: ProcessData) -> tuple[GoalStatus, ...]:
    return tuple(_goal_status(data, goal) for goal in data.goals)


def goal_levels(data: ProcessData, goal_id: UUID) -> list[GoalLevels]:
    """By round, of each phase the newest one in which anybody rated the goal."""
    found = (_levels_in_round(data, round_, str(goal_id)) for round_ in data.rounds)
    newest = {levels.round.phase: levels for levels in found if levels}
    return sorted(newest.values(), key=lambda levels: levels.round.opened_at)


def _levels_in_round(data: ProcessData, round_: EvaluationRound, goal_id: str) -> GoalLevels | None:
    rated = [answer for answer in data.answers_in(round_) if goal_id in answer.goals]
    if not rated:
        return None
    agreed = next((answer for answer in rated if answer.participant_id is None), None)
    by_person = {answer.person: answer.goals[goal_id] for answer in rated if answer.person}
    return GoalLevels(round_, agreed.goals[goal_id] if agreed else None, by_person, agreed or rated[-1])


def _goal_status(data: ProcessData, goal: Goal) -> GoalStatus:
    rated = [(_wording(data, goal, levels.newest), levels) for levels in goal_levels(data, goal.goal_id)]
    return GoalStatus(
        goal_id=str(goal.goal_id),
        title=goal.title,
        benefit=goal.benefit,
        importance=cast(Importance, goal.importance),
        baseline=goal.baseline,
        levels=_in_words(goal),
        ratings=tuple(_rating(wording, levels) for wording, levels in rated),
        reworded=any(wording.levels != goal.levels for wording, _ in rated),
    )


def _rating(wording: Goal, levels: GoalLevels) -> Rating:
    """A level that the group agreed on takes precedence over its members' own ratings."""
    agreed = levels.agreed is not None
    level = fmean([levels.agreed] if levels.agreed is not None else levels.by_person.values())
    return Rating(
        phase=levels.round.phase,
        on=local(levels.newest.answered_at).date() if levels.round.closed_at is None else levels.round.day,
        level=level,
        answers=1 if agreed else len(levels.by_person),
        agreed=agreed,
        words=_in_words(wording)[gas.nearest_level(level)],
    )


def _wording(data: ProcessData, goal: Goal, answer: Answer) -> Goal:
    """The goal in the words that it had for this answer: the last wording that was agreed by then."""
    wordings = [each for each in (*data.earlier_wordings, *data.goals) if each.goal_id == goal.goal_id]
    by_then = [each for each in wordings if each.since <= answer.wording_version]
    return max(by_then, key=lambda each: each.since, default=goal)


def _in_words(wording: Goal) -> dict[int, str]:
    return {int(level): words for level, words in wording.levels.items()}


def t_score_of_goals(goals: Sequence[GoalStatus]) -> TScore | None:
    found = gas.measure_attainment([_measured(goal) for goal in goals])
    return TScore(change=found.change, **found._asdict()) if found else None


def _measured(goal: GoalStatus) -> gas.ScaledGoal:
    now = goal.now
    return gas.ScaledGoal(goal.baseline, now.level if now else None, goal.importance, now is not None and now.averaged)


class BenefitAgreements(NamedTuple):
    """How each person rated one benefit in one round."""

    round: EvaluationRound
    by_person: Mapping[str, int]


def asked_benefits(data: ProcessData) -> list[str]:
    """The benefits chosen for the process, and others that were rated."""
    answered = (benefit for answer in data.answers for benefit in answer.benefits)
    return list(dict.fromkeys((*data.process.benefits, *answered)))


def benefit_agreements(data: ProcessData, benefit: str) -> list[BenefitAgreements]:
    """By round, of each phase the newest one in which anybody rated the benefit. "Can't say" is no rating."""
    found = (BenefitAgreements(one, _agreement_by_person(data.answers_in(one), benefit)) for one in data.rounds)
    newest = {agreements.round.phase: agreements for agreements in found if agreements.by_person}
    return sorted(newest.values(), key=lambda agreements: agreements.round.opened_at)


def _agreement_by_person(answers: Iterable[Answer], benefit: str) -> dict[str, int]:
    rated = ((answer.person, answer.benefits.get(benefit)) for answer in answers)
    return {person: agreement for person, agreement in rated if person and agreement is not None}


def benefit_statuses(data: ProcessData) -> tuple[BenefitStatus, ...]:
    return tuple(_benefit(benefit, benefit_agreements(data, benefit)) for benefit in asked_benefits(data))


def _benefit(benefit: str, rounds: Sequence[BenefitAgreements]) -> BenefitStatus:
    return BenefitStatus(
        benefit=benefit,
        label=benefit_label(benefit),
        points=tuple(
            BenefitPoint(phase=each.round.phase, mean=fmean(each.by_person.values()), answers=len(each.by_person))
            for each in rounds
        ),
        change=_change(rounds[0], rounds[-1]) if len(rounds) > 1 else None,
    )


def _change(before: BenefitAgreements, after: BenefitAgreements) -> BenefitChange | None:
    first, last = before.by_person, after.by_person
    steps = [agreement - first[person] for person, agreement in last.items() if person in first]
    if not steps:
        return None
    since, until = before.round.phase, after.round.phase
    return BenefitChange(since=since, until=until, mean=fmean(steps), answers=len(steps))


def round_responses(data: ProcessData) -> tuple[RoundResponse, ...]:
    return tuple(round_response(data, round_) for round_ in data.rounds)


def round_response(data: ProcessData, round_: EvaluationRound) -> RoundResponse:
    counts = {"answered": data.answered(round_), "invited": round_.invited}
    return RoundResponse(phase=round_.phase, on=round_.day, open=round_.closed_at is None, **counts)
