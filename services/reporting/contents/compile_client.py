"""Compiles the client's document: anonymous aggregates, levels that a group agreed on, and approved text."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import fmean
from typing import NamedTuple

from services.events.catalogue import Form, Phase
from services.finnish.vocabulary import benefit_label
from services.finnish.workdays import local
from services.reporting.contents import activity, attainment
from services.reporting.contents.attainment import BenefitAgreements, GoalLevels
from services.reporting.contents.documents import BenefitChange, BenefitPoint, BenefitStatus, ClientReport, GoalStatus
from services.reporting.disclosure import rules
from services.reporting.disclosure.rules import AskedQuestion, Disclosure, Figure, Withheld
from services.reporting.periods import Period
from services.reporting.projections.process_data import EvaluationRound, ProcessData, data_as_of


class ClientReportOptions(NamedTuple):
    """What a client report covers and may show."""

    period: Period
    edition: int = 1
    words: tuple[str, ...] = ()
    tells_goals: bool = False


class CompiledReport(NamedTuple):
    """The document, and its figures, which are stored once it is released."""

    document: ClientReport
    figures: tuple[Figure, ...]


class Disclosable(NamedTuple):
    """All figures that might be shown, before any is withheld."""

    levels: dict[str, GoalLevels]
    benefits: dict[str, list[BenefitAgreements]]


def report_questions(data: ProcessData, options: ClientReportOptions) -> list[str]:
    """The questions of the report, to be compared with the released figures about the same questions."""
    material = _disclosable(data_as_of(data, options.period.ends_at))
    return [*material.levels, *material.benefits]


def compile_client_report(
    data: ProcessData, options: ClientReportOptions, released: Sequence[Figure], now: datetime
) -> CompiledReport:
    then, process = data_as_of(data, options.period.ends_at), data.process
    minimum = rules.effective_minimum(process.min_group_size)
    material = _disclosable(then)
    disclosed = _disclose(material, released, minimum, activity.seldom_seen(then))
    goals = tuple(_goal(goal, material, disclosed, process.form, options) for goal in attainment.goal_statuses(then))
    shown = any(goal.ratings for goal in goals)
    document = ClientReport(
        first=options.period.first,
        last=options.period.last,
        compiled_on=local(now).date(),
        title=process.title,
        client_name=process.client_name,
        supervisor_name=data.supervisor.full_name if data.supervisor else "",
        supervisor_title=data.supervisor.title if data.supervisor else None,
        form=process.form,
        edition=options.edition,
        sessions=activity.count_sessions(then, options.period),
        meeting_days=tuple(local(each.starts_at).date() for each in activity.held_sessions(then, options.period)),
        participants=len(process.participant_ids),
        mean_present=_mean_present(then, options.period),
        answered=_answered(then, minimum),
        before_final=not any(round_.phase is Phase.final and round_.closed_at for round_ in then.rounds),
        min_group_size=minimum,
        goals=goals if shown else (),
        goal_titles=() if shown else tuple(goal.title for goal in goals),
        t_score=attainment.t_score_of_goals(goals),
        benefits=tuple(_benefits(material, disclosed)),
        some_withheld=Withheld.would_betray in disclosed.withheld.values(),
        words=options.words,
    )
    return CompiledReport(document, disclosed.figures)


def _disclosable(data: ProcessData) -> Disclosable:
    """Where each goal stands in the end, and how each benefit was rated in every phase; of one person alone nothing."""
    if not rules.may_show_benefits(data.process.form):
        return Disclosable({}, {})
    rated = {str(goal.goal_id): attainment.goal_levels(data, goal.goal_id) for goal in data.goals}
    averaged = {goal_id: levels[-1] for goal_id, levels in rated.items() if levels and levels[-1].agreed is None}
    asked = {benefit: attainment.benefit_agreements(data, benefit) for benefit in attainment.asked_benefits(data)}
    return Disclosable(averaged, asked)


def _asked(question: str, round_: EvaluationRound) -> AskedQuestion:
    return AskedQuestion(question, round_.phase, round_.day)


def _disclose(material: Disclosable, released: Sequence[Figure], minimum: int, uncounted: frozenset[str]) -> Disclosure:
    """The last round first, and goals before benefits: where not everything can be shown, these matter most."""
    answers = {_asked(goal_id, levels.round): dict(levels.by_person) for goal_id, levels in material.levels.items()}
    rated = [(benefit, each) for benefit, rounds in material.benefits.items() for each in rounds]
    for benefit, each in sorted(rated, key=lambda pair: pair[1].round.opened_at, reverse=True):
        answers[_asked(benefit, each.round)] = dict(each.by_person)
    changes = [_first_and_last(benefit, rounds) for benefit, rounds in material.benefits.items() if len(rounds) > 1]
    return rules.disclose(answers, changes, released, minimum, uncounted)


def _first_and_last(benefit: str, rounds: Sequence[BenefitAgreements]) -> tuple[AskedQuestion, AskedQuestion]:
    return _asked(benefit, rounds[0].round), _asked(benefit, rounds[-1].round)


def _goal(
    goal: GoalStatus, material: Disclosable, disclosed: Disclosure, form: Form, options: ClientReportOptions
) -> GoalStatus:
    """The goal with its last rating, if that may be shown."""
    averaged = material.levels.get(goal.goal_id)
    shown = goal.now is not None and rules.may_show_goals(form, consented=options.tells_goals)
    if averaged is not None:
        shown = (_asked(goal.goal_id, averaged.round),) in disclosed.means
    return goal.model_copy(update={"ratings": goal.ratings[-1:] if shown else ()})


def _benefits(material: Disclosable, disclosed: Disclosure) -> Iterable[BenefitStatus]:
    for benefit, rounds in material.benefits.items():
        means = [(each.round.phase, disclosed.means.get((_asked(benefit, each.round),))) for each in rounds]
        points = tuple(
            BenefitPoint(phase=phase, mean=mean.value, answers=mean.answers) for phase, mean in means if mean
        )
        if points:
            change = _change(benefit, rounds, disclosed)
            yield BenefitStatus(benefit=benefit, label=benefit_label(benefit), points=points, change=change)


def _change(benefit: str, rounds: Sequence[BenefitAgreements], disclosed: Disclosure) -> BenefitChange | None:
    before, after = _first_and_last(benefit, rounds)
    mean = disclosed.means.get((before, after))
    if mean is None:
        return None
    return BenefitChange(since=before.phase, until=after.phase, mean=mean.value, answers=mean.answers)


def _mean_present(data: ProcessData, period: Period) -> float | None:
    present = [len(session.present) for session in activity.held_sessions(data, period)]
    return fmean(present) if present and data.process.form is not Form.individual else None


def _answered(data: ProcessData, minimum: int) -> int | None:
    finals = [round_ for round_ in data.rounds if round_.phase is Phase.final]
    if not finals:
        return None
    people = {answer.person for answer in data.answers_in(finals[-1]) if answer.person}
    return data.answered(finals[-1]) if len(people - activity.seldom_seen(data)) >= minimum else None
