"""Makes the client's document: aggregates that betray nobody, levels a group agreed, and words that were approved."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import fmean
from typing import NamedTuple

from services.events.catalogue import Form, Phase
from services.reporting import attainment, benefits, disclosure, happenings
from services.reporting.attainment import Agreements, Levels
from services.reporting.disclosure import Asked, Disclosure, Figure, Withheld
from services.reporting.documents import BenefitChange, BenefitPoint, BenefitStatus, ClientReport, GoalStatus
from services.reporting.dossiers import Dossier, Round, as_of
from services.reporting.periods import Period
from services.workdays import local


class Wish(NamedTuple):
    """What has been decided about a client report."""

    period: Period
    edition: int = 1
    words: tuple[str, ...] = ()
    tells_goals: bool = False


class Compiled(NamedTuple):
    """The document, and the figures in it that are to be remembered once it is released."""

    document: ClientReport
    figures: tuple[Figure, ...]


class Material(NamedTuple):
    """All that might be told, before anything is held back."""

    levels: dict[str, Levels]
    benefits: dict[str, list[Agreements]]


def questions(dossier: Dossier, wish: Wish) -> list[str]:
    """What the report is going to be about; to be compared with what was released about the same."""
    material = _material(as_of(dossier, wish.period.ends_at))
    return [*material.levels, *material.benefits]


def client_report(dossier: Dossier, wish: Wish, released: Sequence[Figure], now: datetime) -> Compiled:
    then, process = as_of(dossier, wish.period.ends_at), dossier.process
    minimum = disclosure.minimum_of(process.min_group_size)
    material = _material(then)
    disclosed = _disclose(material, released, minimum)
    goals = tuple(_goal(goal, material, disclosed, process.form, wish) for goal in attainment.goal_statuses(then))
    told = any(goal.ratings for goal in goals)
    document = ClientReport(
        first=wish.period.first,
        last=wish.period.last,
        compiled_on=local(now).date(),
        title=process.title,
        client_name=process.client_name,
        supervisor_name=dossier.supervisor.full_name if dossier.supervisor else "",
        supervisor_title=dossier.supervisor.title if dossier.supervisor else None,
        form=process.form,
        edition=wish.edition,
        sessions=happenings.sessions(then, wish.period),
        meeting_days=tuple(local(each.starts_at).date() for each in happenings.held_within(then, wish.period)),
        participants=len(process.participant_ids),
        mean_present=_mean_present(then, wish.period),
        answered=_answered(then, minimum),
        min_group_size=minimum,
        goals=goals if told else (),
        goal_titles=() if told else tuple(goal.title for goal in goals),
        t_score=attainment.t_score(goals),
        benefits=tuple(_benefits(material, disclosed)),
        some_withheld=Withheld.would_betray in disclosed.withheld.values(),
        words=wish.words,
    )
    return Compiled(document, disclosed.figures)


# -- what might be told -----------------------------------------------------------------------------------


def _material(dossier: Dossier) -> Material:
    """Where each goal stands in the end, and how each benefit was rated in every phase; of one person alone nothing."""
    if not disclosure.may_tell_benefits(dossier.process.form):
        return Material({}, {})
    rated = {str(goal.goal_id): attainment.levels_of(dossier, goal.goal_id) for goal in dossier.goals}
    averaged = {goal_id: levels[-1] for goal_id, levels in rated.items() if levels and levels[-1].agreed is None}
    asked = {benefit: attainment.agreements_of(dossier, benefit) for benefit in attainment.asked_benefits(dossier)}
    return Material(averaged, asked)


def _asked(question: str, round_: Round) -> Asked:
    return Asked(question, round_.phase, round_.day)


def _disclose(material: Material, released: Sequence[Figure], minimum: int) -> Disclosure:
    """The end first, and goals before benefits: where not everything can be told, that matters most."""
    answers = {_asked(goal_id, levels.round): dict(levels.said) for goal_id, levels in material.levels.items()}
    rated = [(benefit, each) for benefit, rounds in material.benefits.items() for each in rounds]
    for benefit, each in sorted(rated, key=lambda pair: pair[1].round.opened_at, reverse=True):
        answers[_asked(benefit, each.round)] = dict(each.said)
    changes = [_ends(benefit, rounds) for benefit, rounds in material.benefits.items() if len(rounds) > 1]
    return disclosure.disclose(answers, changes, released, minimum)


def _ends(benefit: str, rounds: Sequence[Agreements]) -> tuple[Asked, Asked]:
    return _asked(benefit, rounds[0].round), _asked(benefit, rounds[-1].round)


# -- what is told -----------------------------------------------------------------------------------------


def _goal(goal: GoalStatus, material: Material, disclosed: Disclosure, form: Form, wish: Wish) -> GoalStatus:
    """The goal with its last rating, if that may be told."""
    averaged = material.levels.get(goal.goal_id)
    told = goal.now is not None and disclosure.may_tell_goals(form, consented=wish.tells_goals)
    if averaged is not None:
        told = (_asked(goal.goal_id, averaged.round),) in disclosed.told
    return goal.model_copy(update={"ratings": goal.ratings[-1:] if told else ()})


def _benefits(material: Material, disclosed: Disclosure) -> Iterable[BenefitStatus]:
    for benefit, rounds in material.benefits.items():
        means = [(each.round.phase, disclosed.told.get((_asked(benefit, each.round),))) for each in rounds]
        points = tuple(
            BenefitPoint(phase=phase, mean=mean.value, answers=mean.answers) for phase, mean in means if mean
        )
        if points:
            change = _change(benefit, rounds, disclosed)
            yield BenefitStatus(benefit=benefit, label=benefits.label(benefit), points=points, change=change)


def _change(benefit: str, rounds: Sequence[Agreements], disclosed: Disclosure) -> BenefitChange | None:
    before, after = _ends(benefit, rounds)
    mean = disclosed.told.get((before, after))
    if mean is None:
        return None
    return BenefitChange(since=before.phase, until=after.phase, mean=mean.value, answers=mean.answers)


def _mean_present(dossier: Dossier, period: Period) -> float | None:
    present = [len(session.present) for session in happenings.held_within(dossier, period)]
    return fmean(present) if present and dossier.process.form is not Form.individual else None


def _answered(dossier: Dossier, minimum: int) -> int | None:
    finals = [dossier.answered(round_) for round_ in dossier.rounds if round_.phase is Phase.final]
    return finals[-1] if finals and finals[-1] >= minimum else None
