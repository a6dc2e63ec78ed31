"""The parts that reports have in common: goals, benefits, and how to read their figures."""

from collections.abc import Iterable, Sequence

from services import finnish
from services.events.catalogue import Phase
from services.reporting import benefits, charts, gas
from services.reporting.blocks import Block, Card, Chart, Column, Heading, Table, Text, Together
from services.reporting.charts import Mark, Track
from services.reporting.documents import (
    Attendance,
    BenefitStatus,
    GoalStatus,
    Rating,
    Sessions,
    TScore,
)
from services.reporting.words import IMPORTANCE, SHORT_ROUNDS, capitalised, share
from services.vocabulary import EVALUATIONS

NONE = finnish.EN_DASH

GOALS_DRAWN_FIRST = 5
"""A drawing of more goals would be too tall for what the first page has left, and leave it half empty."""

READING_LEVELS = (
    "Tavoitteet on arvioitu GAS-menetelmällä: jokaiselle tavoitteelle on kuvattu ennalta viisi tasoa, joista 0 on "
    "odotettu tulos. Tasot ovat järjestyslukuja, joten niiden välit eivät ole mitattuja etäisyyksiä."
)
READING_T = (
    "T-luku kokoaa tavoitteiden tasot yhdeksi luvuksi. 50 tarkoittaa, että tavoitteet on saavutettu keskimäärin "
    "odotetusti. T-luku ei ole prosentti, eikä sillä voi verrata ihmisiä, ryhmiä tai työnohjaajia toisiinsa."
)
READING_AVERAGES = (
    "Desimaalein merkityt tasot ovat vastausten keskiarvoja ja kokonaisluvut yhdessä sovittuja tai yhden "
    "ihmisen antamia tasoja."
)
READING_BENEFITS = (
    f"Hyötyjä on arvioitu asteikolla {benefits.LOWEST}{finnish.EN_DASH}{benefits.HIGHEST} (täysin eri mieltä "
    f"{finnish.EN_DASH} täysin samaa mieltä). Muutos on laskettu vain niistä, jotka vastasivat molemmilla kerroilla."
)


# -- figures ----------------------------------------------------------------------------------------------


def sessions_card(sessions: Sessions) -> Card:
    note = f"jaksolla {sessions.held}" + (f", peruttu {sessions.cancelled}" if sessions.cancelled else "")
    held = share(sessions.held_in_all, sessions.planned_in_all)
    return Card(label="Tapaamisia pidetty", value=held, note=note)


def attendance_card(attendance: Attendance) -> Card:
    if attendance.percent is None:
        return Card(label="Läsnäolo", value=NONE, note="ei tapaamisia jaksolla")
    note = f"poissa {attendance.excused}, saapumatta {attendance.no_shows}"
    return Card(label="Läsnäolo", value=finnish.percent(attendance.percent), note=note)


def goals_card(goals: Sequence[GoalStatus]) -> Card:
    rated = [goal for goal in goals if goal.ratings]
    if not rated:
        return Card(label="Tavoitteita saavutettu", value=NONE, note="ei vielä arvioitu")
    met = share(sum(goal.met for goal in rated), len(rated))
    return Card(label="Tavoitteita saavutettu", value=met, note=f"arvioitu {share(len(rated), len(goals))}")


def t_card(t: TScore | None) -> Card:
    if t is None:
        return Card(label="T-luku", value=NONE, note="ei vielä arvioitu")
    change = finnish.number(t.change, 1, signed=True)
    note = f"lähtötaso {finnish.number(t.baseline, 1)}, muutos {change}"
    return Card(label="T-luku", value=finnish.number(t.now, 1), note=note)


# -- goals ------------------------------------------------------------------------------------------------


def rating_text(rating: Rating) -> str:
    """An average always with its decimal, so that it is never taken for a level somebody chose."""
    if rating.averaged:
        return finnish.number(rating.level, 1, signed=True)
    return gas.level_text(rating.level)


def goals_overview(goals: Sequence[GoalStatus], t: TScore | None, *, told_by_words: bool = False) -> Iterable[Block]:
    """The T-score with its caveat, then every goal on one drawing and in one table, many goals in the table first.

    `told_by_words` gives the reached level as it was described.
    """
    told = (Text(text=t_text(t)), Text(text=READING_T, small=True)) if t is not None else ()
    heading, table = Heading(text="Tavoitteet yhdellä silmäyksellä"), _goals_table(goals, told_by_words=told_by_words)
    if len(goals) > GOALS_DRAWN_FIRST:
        yield Together(blocks=(heading, *told))
        yield from (table, _goals_chart(goals))
    else:
        yield Together(blocks=(heading, *told, _goals_chart(goals)))
        yield table


def t_text(t: TScore) -> str:
    before, now = finnish.number(t.baseline, 1), finnish.number(t.now, 1)
    change = finnish.number(t.change, 1, signed=True)
    basis = "Keskiarvoon perustuva T-luku" if t.averaged else "T-luku"
    scored = (
        f" T-luvussa on mukana {t.scored}/{t.total} tavoitteesta, muita ei ole arvioitu." if t.scored < t.total else ""
    )
    return f"{basis} {before} → {now} (muutos {change}): tavoitteissa on edetty {gas.verdict(t.now)}.{scored}"


def _goals_chart(goals: Sequence[GoalStatus]) -> Chart:
    rows = [Track(f"{number}. {goal.title}", _marks(goal)) for number, goal in enumerate(goals, 1)]
    about = f"Kaaviossa ovat tavoitteiden tasot asteikolla {gas.level_text(-2)}…{gas.level_text(2)}."
    return charts.tracks("tavoitteet", about, rows, charts.LEVEL_SCALE)


def _marks(goal: GoalStatus) -> tuple[Mark, ...]:
    baseline = Mark("baseline", goal.baseline, gas.level_text(goal.baseline))
    return (baseline, *(Mark(rating.phase, rating.level, rating_text(rating)) for rating in goal.ratings))


def _goals_table(goals: Sequence[GoalStatus], *, told_by_words: bool) -> Table:
    rounds = _rounds(rating.phase for goal in goals for rating in goal.ratings)
    columns = (
        Column(title="Tavoite", share=4),
        Column(title="Lähtötaso", align="end"),
        *(Column(title=capitalised(SHORT_ROUNDS[phase]), align="end") for phase in rounds),
        Column(title="Muutos", align="end"),
        Column(title="Tilanne sanoin", share=5 if told_by_words else 3),
    )
    rows = tuple(
        (*_goal_row(number, goal, rounds), _standing(goal, told_by_words=told_by_words))
        for number, goal in enumerate(goals, 1)
    )
    return Table(title="Tavoitteiden tasot eri arviointikerroilla", columns=columns, rows=rows)


def _goal_row(number: int, goal: GoalStatus, rounds: Sequence[Phase]) -> tuple[str, ...]:
    rated = {rating.phase: rating_text(rating) for rating in goal.ratings}
    return (
        f"{number}. {goal.title}",
        gas.level_text(goal.baseline),
        *(rated.get(phase, NONE) for phase in rounds),
        _change_text(goal),
    )


def _standing(goal: GoalStatus, *, told_by_words: bool) -> str:
    if goal.now is None:
        return "ei arvioitu"
    label = gas.level_label(goal.now.level)
    return f"{capitalised(label)}: {goal.now.words}" if told_by_words else label


def _change_text(goal: GoalStatus) -> str:
    if goal.now is None or goal.change is None:
        return NONE
    return finnish.number(goal.change, 1 if goal.now.averaged else 0, signed=True)


def goal_ladders(goals: Sequence[GoalStatus]) -> Iterable[Block]:
    """Each goal with its path and its five levels in words."""
    for number, goal in enumerate(goals, 1):
        heading = Heading(text=f"{number}. {goal.title}", level=3)
        about = Text(text=_about_goal(goal), small=True)
        drawn = (_path(number, goal),) if goal.ratings else ()
        yield Together(blocks=(heading, about, *drawn, _ladder(goal)))


def _about_goal(goal: GoalStatus) -> str:
    facts = [f"Tärkeys: {IMPORTANCE[goal.importance]}"]
    if goal.benefit is not None:
        facts.append(f"Hyöty: {benefits.label(goal.benefit).lower()}")
    if goal.reworded:
        facts.append("Sanamuotoa on muutettu; aiemmat arviot koskevat silloista sanamuotoa")
    return ". ".join(facts) + "."


def _path(number: int, goal: GoalStatus) -> Chart:
    about = f"Kaaviossa on tavoitteen {number} tason muutos arvioinnista toiseen."
    return charts.path(f"tavoite-{number}", about, _marks(goal))


def _ladder(goal: GoalStatus) -> Table:
    """The five levels from the best down, each with the rounds in which the goal stood there."""
    stood = {level: [] for level in gas.LEVELS}  # type: dict[int, list[str]]
    stood[goal.baseline].append("lähtötaso")
    for rating in goal.ratings:
        told = EVALUATIONS[rating.phase].nominative
        stood[gas.nearest_level(rating.level)].append(
            f"{told} (keskiarvo {rating_text(rating)})" if rating.averaged else told
        )
    levels = sorted(goal.levels, reverse=True)
    rows = tuple((gas.level_text(level), goal.levels[level], ", ".join(stood[level])) for level in levels)
    strong = (levels.index(gas.nearest_level(goal.now.level)),) if goal.now else ()
    columns = (Column(title="Taso", align="end"), Column(title="Kuvaus", share=7), Column(title="Arviot", share=3))
    return Table(title=f"Tasot sanoin: {goal.title}", columns=columns, rows=rows, strong=strong)


# -- benefits ---------------------------------------------------------------------------------------------


def benefits_section(statuses: Sequence[BenefitStatus], note: str = "") -> Iterable[Block]:
    rated = [status for status in statuses if status.points]
    if not rated:
        return
    yield Together(blocks=(Heading(text="Hyödyt"), _benefits_chart(rated)))
    yield _benefits_table(rated, note)


def _benefits_chart(statuses: Sequence[BenefitStatus]) -> Chart:
    rows = [
        Track(
            status.label,
            tuple(Mark(point.phase, point.mean, finnish.number(point.mean, 1)) for point in status.points),
        )
        for status in statuses
    ]
    about = f"Kaaviossa ovat hyötyjen keskiarvot asteikolla {benefits.LOWEST}{finnish.EN_DASH}{benefits.HIGHEST}."
    return charts.tracks("hyodyt", about, rows, charts.AGREEMENT_SCALE)


def _benefits_table(statuses: Sequence[BenefitStatus], note: str) -> Table:
    rounds = _rounds(point.phase for status in statuses for point in status.points)
    columns = (
        Column(title="Hyöty", share=4),
        *(Column(title=capitalised(SHORT_ROUNDS[phase]), align="end") for phase in rounds),
        Column(title="Muutos", align="end"),
        Column(title="Vastauksia", align="end"),
    )
    rows = tuple(_benefit_row(status, rounds) for status in statuses)
    return Table(title="Hyötyjen keskiarvot eri arviointikerroilla", columns=columns, rows=rows, note=note)


def _benefit_row(status: BenefitStatus, rounds: Sequence[Phase]) -> tuple[str, ...]:
    points = [status.point(phase) for phase in rounds]
    return (
        status.label,
        *(finnish.number(point.mean, 1) if point else NONE for point in points),
        finnish.number(status.change.mean, 1, signed=True) if status.change else NONE,
        _answers_text([point.answers for point in points if point]),
    )


def _answers_text(counts: Sequence[int]) -> str:
    """6, or 6, 5, 6 when not equally many answered every time."""
    return ", ".join(map(str, counts if len(set(counts)) > 1 else counts[:1]))


def _rounds(seen: Iterable[Phase]) -> list[Phase]:
    found = set(seen)
    return [phase for phase in Phase if phase in found]
