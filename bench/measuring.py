"""Pairs measured in turn, and what their figures come to: medians, percentiles, and how far they spread.

Noise of the machine falls on both sides of a pair, so each round gives one ratio and the rounds give their spread.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

Measure = Callable[[], float]
"""Does its work once and returns its figure: seconds, or things a second."""


@dataclass(frozen=True)
class Effort:
    """How much is done: how many rounds a pair is measured, and by how much less the loads are."""

    rounds: int
    scale: float

    @classmethod
    def full(cls) -> "Effort":
        return cls(rounds=7, scale=1.0)

    @classmethod
    def quick(cls) -> "Effort":
        return cls(rounds=2, scale=0.05)

    def of(self, count: int, least: int = 1) -> int:
        """So many in a whole run, fewer in a quick one."""
        return max(least, round(count * self.scale))


@dataclass(frozen=True)
class Spread:
    """A figure as several rounds gave it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Spread":
        return cls(median(figures), min(figures), max(figures))

    def text(self, unit: str = "") -> str:
        low, middle, high = (f"{value:.3g}" for value in (self.low, self.median, self.high))
        return f"{middle}{unit} ({low}–{high})"


def interleaved(rounds: int, contenders: Mapping[str, Measure], *, warm: bool = True) -> dict[str, list[float]]:
    """Each contender's figure of every round. Who begins changes, so that none always finds the machine warm."""
    names = list(contenders)
    if warm:
        for name in names:
            contenders[name]()
    figures: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names if turn % 2 == 0 else reversed(names):
            figures[name].append(contenders[name]())
    return figures


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """One contender's figures over another's, round by round."""
    return Spread.of([one / other for one, other in zip(ours, theirs, strict=True)])


def percentile(figures: Sequence[float], percent: int) -> float:
    return quantiles(figures, n=100, method="inclusive")[percent - 1]


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """How long one of so many in a row takes."""
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) / times
