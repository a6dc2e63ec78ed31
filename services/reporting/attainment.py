"""How far the goals of a process have come and how its benefits were rated, from the answers in its dossier."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple, cast
from uuid import UUID

from services.events.catalogue import Goal
from services.reporting import benefits, gas
from services.reporting.documents import (
    BenefitChange,
    BenefitPoint,
    BenefitStatus,
    GoalStatus,
    Importance,
    Rating,
    Response,
    TScore,
)
from services.reporting.dossiers import Dossier, Round
from services.reporting.models import Answer
from services.workdays import local

# -- goals ------------------------------------------------------------------------------------------------


class Levels(NamedTuple):
    """The levels given to one goal in one round: what the group agreed, and what each person said."""

    round: Round
    agreed: int | None
    said: Mapping[str, int]
    newest: Answer
    """The answer whose wording of the goal counts."""


def goal_statuses(dossier: Dossier) -> tuple[GoalStatus, ...]:
    return tuple(_status(dossier, goal) for goal in dossier.goals)


def levels_of(dossier: Dossier, goal_id: UUID) -> list[Levels]:
    """By round, of each phase the newest one in which anybody rated the goal."""
    found = (_levels(dossier, round_, str(goal_id)) for round_ in dossier.rounds)
    newest = {levels.round.phase: levels for levels in found if levels}
    return sorted(newest.values(), key=lambda levels: levels.round.opened_at)


def _levels(dossier: Dossier, round_: Round, goal_id: str) -> Levels | None:
    rated = [answer for answer in dossier.answers_in(round_) if goal_id in answer.goals]
    if not rated:
        return None
    agreed = next((answer for answer in rated if answer.participant_id is None), None)
    said = {answer.person: answer.goals[goal_id] for answer in rated if answer.person}
    return Levels(round_, agreed.goals[goal_id] if agreed else None, said, agreed or rated[-1])


def _status(dossier: Dossier, goal: Goal) -> GoalStatus:
    rated = [(_wording(dossier, goal, levels.newest), levels) for levels in levels_of(dossier, goal.goal_id)]
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


def _rating(wording: Goal, levels: Levels) -> Rating:
    """A level that the group agreed counts before all that its members said each for themselves."""
    agreed = levels.agreed is not None
    level = fmean([levels.agreed] if levels.agreed is not None else levels.said.values())
    return Rating(
        phase=levels.round.phase,
        on=local(levels.newest.answered_at).date() if levels.round.closed_at is None else levels.round.day,
        level=level,
        answers=1 if agreed else len(levels.said),
        agreed=agreed,
        words=_in_words(wording)[gas.nearest_level(level)],
    )


def _wording(dossier: Dossier, goal: Goal, answer: Answer) -> Goal:
    """The goal in the words that it had for this answer: the last wording that was agreed by then."""
    wordings = [each for each in (*dossier.earlier_wordings, *dossier.goals) if each.goal_id == goal.goal_id]
    by_then = [each for each in wordings if each.since <= answer.wording_version]
    return max(by_then, key=lambda each: each.since, default=goal)


def _in_words(wording: Goal) -> dict[int, str]:
    return {int(level): words for level, words in wording.levels.items()}


def t_score(goals: Sequence[GoalStatus]) -> TScore | None:
    found = gas.attainment([_measured(goal) for goal in goals])
    return TScore(change=found.change, **found._asdict()) if found else None


def _measured(goal: GoalStatus) -> gas.Goal:
    now = goal.now
    return gas.Goal(goal.baseline, now.level if now else None, goal.importance, now is not None and now.averaged)


# -- benefits ---------------------------------------------------------------------------------------------


class Agreements(NamedTuple):
    """How each person rated one benefit in one round."""

    round: Round
    said: Mapping[str, int]


def asked_benefits(dossier: Dossier) -> list[str]:
    """Those that the process is followed by, and others that were answered."""
    answered = (benefit for answer in dossier.answers for benefit in answer.benefits)
    return list(dict.fromkeys((*dossier.process.benefits, *answered)))


def agreements_of(dossier: Dossier, benefit: str) -> list[Agreements]:
    """By round, of each phase the newest one in which anybody rated the benefit. Who can't say has not."""
    found = (Agreements(round_, _said(dossier.answers_in(round_), benefit)) for round_ in dossier.rounds)
    newest = {agreements.round.phase: agreements for agreements in found if agreements.said}
    return sorted(newest.values(), key=lambda agreements: agreements.round.opened_at)


def _said(answers: Iterable[Answer], benefit: str) -> dict[str, int]:
    rated = ((answer.person, answer.benefits.get(benefit)) for answer in answers)
    return {person: agreement for person, agreement in rated if person and agreement is not None}


def benefit_statuses(dossier: Dossier) -> tuple[BenefitStatus, ...]:
    return tuple(_benefit(benefit, agreements_of(dossier, benefit)) for benefit in asked_benefits(dossier))


def _benefit(benefit: str, rounds: Sequence[Agreements]) -> BenefitStatus:
    return BenefitStatus(
        benefit=benefit,
        label=benefits.label(benefit),
        points=tuple(
            BenefitPoint(phase=each.round.phase, mean=fmean(each.said.values()), answers=len(each.said))
            for each in rounds
        ),
        change=_change(rounds[0], rounds[-1]) if len(rounds) > 1 else None,
    )


def _change(before: Agreements, after: Agreements) -> BenefitChange | None:
    steps = [agreement - before.said[person] for person, agreement in after.said.items() if person in before.said]
    if not steps:
        return None
    since, until = before.round.phase, after.round.phase
    return BenefitChange(since=since, until=until, mean=fmean(steps), answers=len(steps))


# -- who answered -----------------------------------------------------------------------------------------


def responses(dossier: Dossier) -> tuple[Response, ...]:
    return tuple(response(dossier, round_) for round_ in dossier.rounds)


def response(dossier: Dossier, round_: Round) -> Response:
    return Response(
        phase=round_.phase,
        on=round_.day,
        answered=dossier.answered(round_),
        invited=round_.invited,
        open=round_.closed_at is None,
    )
