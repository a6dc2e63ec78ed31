"""Goal Attainment Scaling: what levels of attainment become when they are put together (Kiresuk & Sherman 1968).

A level runs from −2 to +2 and 0 is the expected result; T is 50 when every goal lands exactly there.
"""

import math
from collections.abc import Collection, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from services.finnish import formatting
from services.finnish.vocabulary import LEVEL_LABELS

EXPECTED_T = 50.0
CORRELATION = 0.3  # between the goals of one process, as its authors assumed

LEVELS = (-2, -1, 0, 1, 2)


class ScaledGoal(NamedTuple):
    """Where a goal started and where it stands; `level` is None until somebody has rated it."""

    baseline: float
    level: float | None
    importance: int = 1
    averaged: bool = False


class Attainment(NamedTuple):
    """The T-scores of the same goals before and now; goals that nobody rated are in neither."""

    baseline: float
    now: float
    scored: int
    total: int
    averaged: bool

    @property
    def change(self) -> float:
        return self.now - self.baseline


def t_score(levels: Sequence[float], weights: Sequence[float]) -> float | None:
    """T = 50 + 10·Σwx / √((1−ρ)·Σw² + ρ·(Σw)²); without goals there is none. All weights zero means equal."""
    if any(weight < 0 for weight in weights):
        raise ValueError("A goal can't weigh less than nothing.")
    if not levels:
        return None
    if not any(weights):
        weights = [1] * len(weights)
    weighted = math.fsum(weight * level for weight, level in zip(weights, levels, strict=True))
    own = math.fsum(weight * weight for weight in weights)
    shared = math.fsum(weights) ** 2
    return EXPECTED_T + 10 * weighted / math.sqrt((1 - CORRELATION) * own + CORRELATION * shared)


def measure_attainment(goals: Collection[ScaledGoal]) -> Attainment | None:
    """T before and now over the goals that have been rated; None when none has."""
    rated = [(goal, goal.level) for goal in goals if goal.level is not None]
    weights = [goal.importance for goal, _ in rated]
    baseline = t_score([goal.baseline for goal, _ in rated], weights)
    now = t_score([level for _, level in rated], weights)
    if baseline is None or now is None:
        return None
    averaged = any(goal.averaged for goal, _ in rated)
    return Attainment(baseline, now, scored=len(rated), total=len(goals), averaged=averaged)


def nearest_level(level: float) -> int:
    """The described level next to an average; halfway it is the lower one, so that nothing is promised too much."""
    return math.ceil(level - 0.5)


def level_label(level: float) -> str:
    return LEVEL_LABELS[nearest_level(level)]


def is_met(level: float) -> bool:
    """Reached or exceeded. An average counts only when it is not under the expected level at all."""
    return level >= 0


def verdict(t: float) -> str:
    """A T-score in words: our own scale, no published norm. It follows the figure as printed."""
    printed = Decimal(str(t)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if printed < 40:
        return "selvästi odotettua heikommin"
    if printed < 48:
        return "hieman odotettua heikommin"
    if printed <= 52:
        return "odotetusti"
    return "hieman odotettua paremmin" if printed <= 60 else "selvästi odotettua paremmin"


def level_text(level: float) -> str:
    """+1, 0, −2; an average with one decimal: +0,6."""
    return formatting.number(level, 0 if float(level).is_integer() else 1, signed=True)
