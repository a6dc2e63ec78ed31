"""The parts that reports have in common: goals, benefits, and how to read their figures."""

from collections.abc import Iterable, Sequence

from services.events.catalogue import Phase
from services.finnish import formatting
from services.finnish.vocabulary import EVALUATIONS, benefit_label
from services.reporting.contents import gas, lead
from services.reporting.contents.documents import (
    AttendanceCounts,
    BenefitStatus,
    GoalStatus,
    Rating,
    SessionCounts,
    TScore,
)
from services.reporting.contents.wording import IMPORTANCE, SHORT_ROUNDS, capitalised, part_of_whole
from services.reporting.rendering import charts
from services.reporting.rendering.blocks import (
    Block,
    Card,
    Chart,
    Heading,
    KeptTogether,
    Paragraph,
    SheetTable,
    TableColumn,
    figures,
    words,
)
from services.reporting.rendering.charts import ChartMark, ChartRow

NO_VALUE = formatting.EN_DASH

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
AGREEMENT_SCALE = f"{charts.LOWEST_AGREEMENT}{formatting.EN_DASH}{charts.HIGHEST_AGREEMENT}"

READING_BENEFITS = (
    f"Hyötyjä on arvioitu asteikolla {AGREEMENT_SCALE} (täysin eri mieltä "
    f"{formatting.EN_DASH} täysin samaa mieltä). Muutos on laskettu vain niistä, jotka vastasivat molemmilla kerroilla."
)


# -- figures ----------------------------------------------------------------------------------------------


def sessions_card(sessions: SessionCounts) -> Card:
    note = f"jaksolla {sessions.held}" + (f", peruttu {sessions.cancelled}" if sessions.cancelled else "")
    held = part_of_whole(sessions.held_in_all, sessions.planned_in_all)
    return Card(label="Tapaamisia pidetty", value=held, note=note)


def attendance_card(attendance: AttendanceCounts) -> Card:
    if attendance.percent is None:
        return Card(label="Läsnäolo", value=NO_VALUE, note="ei tapaamisia jaksolla")
    note = f"poissa {attendance.excused}, saapumatta {attendance.no_shows}"
    return Card(label="Läsnäolo", value=formatting.percent(attendance.percent), note=note)


def goals_card(goals: Sequence[GoalStatus]) -> Card:
    rated = [goal for goal in goals if goal.ratings]
    if not rated:
        return Card(label="Tavoitteita saavutettu", value=NO_VALUE, note="ei vielä arvioitu")
    met = part_of_whole(sum(goal.met for goal in rated), len(rated))
    return Card(label="Tavoitteita saavutettu", value=met, note=f"arvioitu {part_of_whole(len(rated), len(goals))}")


def t_card(t: TScore | None) -> Card:
    if t is None:
        return Card(label="T-luku", value=NO_VALUE, note="ei vielä arvioitu")
    change = formatting.number(t.change, 1, signed=True)
    note = f"lähtötaso {formatting.number(t.baseline, 1)}, muutos {change}"
    return Card(label="T-luku", value=formatting.number(t.now, 1), note=note)


# -- goals ------------------------------------------------------------------------------------------------


def rating_text(rating: Rating) -> str:
    """An average always with its decimal, so that it is never taken for a level somebody chose."""
    if rating.averaged:
        return formatting.number(rating.level, 1, signed=True)
    return gas.level_text(rating.level)


def goals_overview(goals: Sequence[GoalStatus], t: TScore | None, *, in_words: bool = False) -> Iterable[Block]:
    """The T-score with its caveat, then every goal on one drawing and in one table, many goals in the table first.

    `in_words` shows the description of the reached level.
    """
    t_blocks = (Paragraph(text=t_text(t)), Paragraph(text=READING_T, small=True)) if t is not None else ()
    heading, table = Heading(text="Tavoitteet yhdellä silmäyksellä"), _goals_table(goals, in_words=in_words)
    if len(goals) > GOALS_DRAWN_FIRST:
        yield KeptTogether(blocks=(heading, *t_blocks))
        yield from (table, _goals_chart(goals))
    else:
        yield KeptTogether(blocks=(heading, *t_blocks, _goals_chart(goals)))
        yield table


def t_text(t: TScore) -> str:
    basis = "Keskiarvoon perustuva T-luku" if t.averaged else "T-luku"
    told = f"{basis} {lead.t_path(t)}: tavoitteissa on edetty {gas.verdict(t.now)}."
    if t.scored == t.total:
        return told
    return f"{told} T-luvussa on mukana {t.scored}/{t.total} tavoitteesta, muita ei ole arvioitu."


def _goals_chart(goals: Sequence[GoalStatus]) -> Chart:
    rows = [ChartRow(f"{number}. {goal.title}", _marks(goal)) for number, goal in enumerate(goals, 1)]
    about = f"Kaaviossa ovat tavoitteiden tasot asteikolla {gas.level_text(-2)}…{gas.level_text(2)}."
    return charts.draw_rows("tavoitteet", about, rows, charts.LEVEL_SCALE)


def _marks(goal: GoalStatus) -> tuple[ChartMark, ...]:
    baseline = ChartMark("baseline", goal.baseline, gas.level_text(goal.baseline))
    return (baseline, *(ChartMark(rating.phase, rating.level, rating_text(rating)) for rating in goal.ratings))


def _goals_table(goals: Sequence[GoalStatus], *, in_words: bool) -> SheetTable:
    rounds = _rounds(rating.phase for goal in goals for rating in goal.ratings)
    levels, standing = (figures("Lähtötaso"), *_columns_of(rounds)), words("Tilanne sanoin", 5 if in_words else 3)
    columns = (words("Tavoite", 4), *levels, figures("Muutos"), standing)
    numbered = enumerate(goals, 1)
    rows = tuple((*_goal_row(number, goal, rounds), _standing(goal, in_words=in_words)) for number, goal in numbered)
    return SheetTable(title="Tavoitteiden tasot eri arviointikerroilla", columns=columns, rows=rows)


def _columns_of(rounds: Sequence[Phase]) -> list[TableColumn]:
    return [figures(capitalised(SHORT_ROUNDS[phase])) for phase in rounds]


def _goal_row(number: int, goal: GoalStatus, rounds: Sequence[Phase]) -> tuple[str, ...]:
    rated = {rating.phase: rating_text(rating) for rating in goal.ratings}
    levels = (rated.get(phase, NO_VALUE) for phase in rounds)
    return f"{number}. {goal.title}", gas.level_text(goal.baseline), *levels, _change_text(goal)


def _standing(goal: GoalStatus, *, in_words: bool) -> str:
    if goal.now is None:
        return "ei arvioitu"
    label = gas.level_label(goal.now.level)
    return f"{capitalised(label)}: {goal.now.words}" if in_words else label


def _change_text(goal: GoalStatus) -> str:
    if goal.now is None or goal.change is None:
        return NO_VALUE
    return formatting.number(goal.change, 1 if goal.now.averaged else 0, signed=True)


def goal_ladders(goals: Sequence[GoalStatus]) -> Iterable[Block]:
    """Each goal with its path and its five levels in words."""
    for number, goal in enumerate(goals, 1):
        heading = Heading(text=f"{number}. {goal.title}", level=3)
        about = Paragraph(text=_about_goal(goal), small=True)
        drawn = (_path(number, goal),) if goal.ratings else ()
        yield KeptTogether(blocks=(heading, about, *drawn, _ladder(goal)))


def _about_goal(goal: GoalStatus) -> str:
    facts = [f"Tärkeys: {IMPORTANCE[goal.importance]}"]
    if goal.benefit is not None:
        facts.append(f"Hyöty: {benefit_label(goal.benefit).lower()}")
    if goal.reworded:
        facts.append("Sanamuotoa on muutettu; aiemmat arviot koskevat silloista sanamuotoa")
    return ". ".join(facts) + "."


def _path(number: int, goal: GoalStatus) -> Chart:
    about = f"Kaaviossa on tavoitteen {number} tason muutos arvioinnista toiseen."
    return charts.draw_goal_path(f"tavoite-{number}", about, _marks(goal))


def _ladder(goal: GoalStatus) -> SheetTable:
    """The five levels from the best down, each with the rounds in which the goal stood there."""
    stood = {level: [] for level in gas.LEVELS}  # type: dict[int, list[str]]
    stood[goal.baseline].append("lähtötaso")
    for rating in goal.ratings:
        average = f" (keskiarvo {rating_text(rating)})" if rating.averaged else ""
        stood[gas.nearest_level(rating.level)].append(f"{EVALUATIONS[rating.phase].nominative}{average}")
    levels = sorted(goal.levels, reverse=True)
    rows = tuple((gas.level_text(level), goal.levels[level], ", ".join(stood[level])) for level in levels)
    strong = (levels.index(gas.nearest_level(goal.now.level)),) if goal.now else ()
    columns = (figures("Taso"), words("Kuvaus", 7), words("Arviot", 3))
    return SheetTable(title=f"Tasot sanoin: {goal.title}", columns=columns, rows=rows, strong=strong)


# -- benefits ---------------------------------------------------------------------------------------------


def benefits_section(statuses: Sequence[BenefitStatus]) -> Iterable[Block]:
    rated = [status for status in statuses if status.points]
    if not rated:
        return
    yield KeptTogether(blocks=(Heading(text="Hyödyt"), _benefits_chart(rated)))
    yield _benefits_table(rated)


def _benefits_chart(statuses: Sequence[BenefitStatus]) -> Chart:
    rows = [
        ChartRow(
            status.label,
            tuple(ChartMark(point.phase, point.mean, formatting.number(point.mean, 1)) for point in status.points),
        )
        for status in statuses
    ]
    about = f"Kaaviossa ovat hyötyjen keskiarvot asteikolla {AGREEMENT_SCALE}."
    return charts.draw_rows("hyodyt", about, rows, charts.AGREEMENT_SCALE)


def _benefits_table(statuses: Sequence[BenefitStatus]) -> SheetTable:
    rounds = _rounds(point.phase for status in statuses for point in status.points)
    columns = (words("Hyöty", 4), *_columns_of(rounds), figures("Muutos"), figures("Vastauksia"))
    rows = tuple(_benefit_row(status, rounds) for status in statuses)
    return SheetTable(title="Hyötyjen keskiarvot eri arviointikerroilla", columns=columns, rows=rows)


def _benefit_row(status: BenefitStatus, rounds: Sequence[Phase]) -> tuple[str, ...]:
    points = [status.point(phase) for phase in rounds]
    return (
        status.label,
        *(formatting.number(point.mean, 1) if point else NO_VALUE for point in points),
        formatting.number(status.change.mean, 1, signed=True) if status.change else NO_VALUE,
        _answers_text([point.answers for point in points if point]),
    )


def _answers_text(counts: Sequence[int]) -> str:
    """6, or 6, 5, 6 when not equally many answered every time."""
    return ", ".join(map(str, counts if len(set(counts)) > 1 else counts[:1]))


def _rounds(seen: Iterable[Phase]) -> list[Phase]:
    found = set(seen)
    return [phase for phase in Phase if phase in found]
