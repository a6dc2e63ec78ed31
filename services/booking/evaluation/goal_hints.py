"""Hints for better goals: one theme, observable, with a date, levels described well. They never refuse a goal."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.finnish import formatting

ADVISED_MIN_GOALS, ADVISED_MAX_GOALS = 2, 4
MIN_LEVEL_LENGTH = 12

LEVEL_NAMES = {level: formatting.number(level, signed=True) for level in range(-2, 3)}

_SEVERAL_THEMES = re.compile(r"\b(?:ja|sekä|eikä)\b|;|\+|&|/", re.IGNORECASE)
_COUNTABLE = re.compile(
    r"\d|\b(?:joka(?:inen|isessa|isen)?|kaikki|kukaan|ei koskaan|aina|kerran|kahdesti|kertaa|viikoittain|päivittäin"
    r"|kuukausittain|useimmat|puolet|enintään|vähintään|yksi|kaksi|kolme|neljä|viisi|kuusi|seitsemän|kahdeksan"
    r"|yhdeksän|kymmenen)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\bmennessä\b|\bloppuun\b|\bennen\b|\d{1,2}\.\d{1,2}\.|\b20\d\d\b"
    r"|(?:tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu)kuu",
    re.IGNORECASE,
)


class DescribedGoal(NamedTuple):
    """A goal as it is being written."""

    title: str
    levels: Mapping[int, str]


def hints_for_goal(goal: DescribedGoal) -> list[str]:
    """What would make this goal easier to rate, in Finnish."""
    short = formatting.listed(_short_levels(goal))
    applying = {
        SEVERAL_THEMES: _SEVERAL_THEMES.search(goal.title),
        NOT_OBSERVABLE: not _COUNTABLE.search(goal.levels[0]),
        NO_DEADLINE: not any(_DATE.search(words) for words in (goal.title, goal.levels[0])),
        f"{TOO_SHORT}: {short}.": short,
    }
    return [hint for hint, applies in applying.items() if applies]


def hints_for_all_goals(goals: Sequence[DescribedGoal]) -> list[str]:
    """What would make these goals easier to follow together."""
    if len(goals) < ADVISED_MIN_GOALS:
        return ["Yksi tavoite jää helposti yleiseksi. Kahdesta neljään tavoitetta on sopiva määrä."]
    if len(goals) > ADVISED_MAX_GOALS:
        return ["Tavoitteita on monta. Kahdesta neljään tavoitetta on helpompi pitää mielessä ja arvioida."]
    return []


SEVERAL_THEMES = "Tavoitteessa näyttää olevan useampi asia. Jaa se eri tavoitteiksi, jos ne voivat toteutua erikseen."
NOT_OBSERVABLE = "Kuvaa taso 0 niin, että sen voi havaita: kuinka usein, kuinka moni tai mistä muutoksen huomaa."
NO_DEADLINE = "Kirjaa, mihin mennessä tason 0 on tarkoitus toteutua."
TOO_SHORT = "Näin lyhyestä kuvauksesta on vaikea tietää, milloin taso on saavutettu"


def _short_levels(goal: DescribedGoal) -> list[str]:
    return [LEVEL_NAMES[level] for level in sorted(goal.levels) if len(goal.levels[level]) < MIN_LEVEL_LENGTH]
