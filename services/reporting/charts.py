"""The drawings of reports: one hand-made SVG for pages, PDF and letters alike, with sentences that say the same.

Rounds are told apart by shape, never by colour, and the shapes nest: where two rounds came to the same value,
both are still seen.
"""

import re
import textwrap
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import Literal, NamedTuple

from services import design, finnish
from services.events.catalogue import Phase
from services.reporting import benefits, gas
from services.reporting.blocks import Chart
from services.vocabulary import EVALUATIONS

Round = Phase | Literal["baseline"]
ROUNDS: tuple[Round, ...] = ("baseline", Phase.start, Phase.mid, Phase.final)
ROUND_NAMES: dict[Round, str] = {
    "baseline": "lähtötaso",
    **{phase: EVALUATIONS[phase].nominative for phase in Phase},
}

FONT = f"'Source Sans 3', {design.SANS}"
_INK, _MUTED, _LINE, _ACCENT, _SHEET = (
    design.LIGHT.ink, design.LIGHT.muted, design.LIGHT.line, design.LIGHT.accent, design.LIGHT.sheet,
)  # fmt: skip

WIDTH = 640
_LEFT, _RIGHT = 244, 560
_TEXT = 13
_LABEL_LETTERS, _LABEL_LINES = 36, 3


class Mark(NamedTuple):
    round: Round
    value: float
    text: str


class Track(NamedTuple):
    """One goal, benefit or process, with its marks from the earliest to the latest."""

    label: str
    marks: tuple[Mark, ...]


class Scale(NamedTuple):
    """The values a track runs over, those that are written, and the one that everything is compared with."""

    lowest: float
    highest: float
    ticks: tuple[tuple[float, str], ...]
    reference: float | None = None

    def at(self, value: float, start: float, end: float) -> float:
        inside = min(max(value, self.lowest), self.highest)
        return start + (end - start) * (inside - self.lowest) / (self.highest - self.lowest)


LEVEL_SCALE = Scale(-2, 2, tuple((level, gas.level_text(level)) for level in gas.LEVELS), reference=0)
AGREEMENT_SCALE = Scale(
    benefits.LOWEST, benefits.HIGHEST, tuple((value, str(value)) for value in range(1, benefits.HIGHEST + 1))
)


# -- one row for each -------------------------------------------------------------------------------------


def tracks(name: str, about: str, rows: Sequence[Track], scale: Scale) -> Chart:
    """A row with its marks for each goal, benefit or process. `about` is the first sentence of the alt text."""
    labels = [_wrapped(row.label) for row in rows]
    heights = [20 + 16 * len(label) for label in labels]
    tops = [30 + sum(heights[:index]) for index in range(len(rows))]
    bottom = 30 + sum(heights)
    drawn = [*_ruler(scale, bottom), _words(WIDTH, 14, "viimeksi", anchor="end", colour=_MUTED)]
    for row, label, top, height in zip(rows, labels, tops, heights, strict=True):
        drawn += _track(row, label, scale, top + height / 2)
    drawn += _legend([mark for row in rows for mark in row.marks], bottom + 26)
    return Chart(name=name, svg=_svg(WIDTH, bottom + 40, drawn), alt=_alt(about, rows))


def _ruler(scale: Scale, bottom: float) -> Iterable[str]:
    for value, text in scale.ticks:
        x = scale.at(value, _LEFT, _RIGHT)
        compared = value == scale.reference
        colour, width = (_MUTED, 1.5) if compared else (_LINE, 1)
        yield _line(x, 24, x, bottom, colour, width)
        told = f"{text} odotettu" if compared else text
        yield _words(x, 14, told, anchor="middle", colour=_INK if compared else _MUTED, bold=compared)


def _track(row: Track, label: Sequence[str], scale: Scale, y: float) -> Iterable[str]:
    for index, line in enumerate(label):
        yield _words(0, y + 4.5 + 16 * (index - (len(label) - 1) / 2), line)
    places = [scale.at(mark.value, _LEFT, _RIGHT) for mark in row.marks]
    yield _line(_LEFT, y, _RIGHT, y, _LINE, 1)
    if places:
        yield _line(min(places), y, max(places), y, _INK, 2.5)
    for mark, x in zip(row.marks, places, strict=True):
        yield _shape(mark.round, x, y)
    rated = [mark.text for mark in row.marks if mark.round != "baseline"]
    told, colour = (rated[-1], _INK) if rated else ("ei arvioitu", _MUTED)
    yield _words(WIDTH, y + 4.5, told, anchor="end", colour=colour, bold=bool(rated))


# -- one goal from round to round -------------------------------------------------------------------------


def path(name: str, about: str, marks: Sequence[Mark]) -> Chart:
    """How one goal went up or down from its baseline, round by round, over the five levels."""
    top, bottom, left, right = 22, 122, 88, WIDTH - 64
    drawn: list[str] = []
    for level, text in LEVEL_SCALE.ticks:
        y = LEVEL_SCALE.at(level, bottom, top)
        expected = level == LEVEL_SCALE.reference
        drawn.append(_line(40, y, WIDTH, y, _MUTED if expected else _LINE, 1.5 if expected else 1))
        drawn.append(_words(28, y + 4.5, text, anchor="end", bold=expected, colour=_INK if expected else _MUTED))
    columns = {round_: left + (right - left) * index / (len(ROUNDS) - 1) for index, round_ in enumerate(ROUNDS)}
    drawn += [
        _words(x, bottom + 30, ROUND_NAMES[round_], anchor="middle", colour=_MUTED) for round_, x in columns.items()
    ]
    places = [(columns[mark.round], LEVEL_SCALE.at(mark.value, bottom, top)) for mark in marks]
    drawn += [_line(*one, *other, _INK, 2.5) for one, other in pairwise(places)]
    for mark, (x, y) in zip(marks, places, strict=True):
        drawn += [_shape(mark.round, x, y), _words(x, y - 14, mark.text, anchor="middle", bold=True, halo=True)]
    return Chart(name=name, svg=_svg(WIDTH, bottom + 38, drawn), alt=_alt(about, [Track("Taso", tuple(marks))]))


# -- strokes ----------------------------------------------------------------------------------------------


def _shape(round_: Round, x: float, y: float) -> str:
    outline = f'fill="{_SHEET}" stroke="{_INK}" stroke-width="1.8"'
    match round_:
        case "baseline":
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" {outline}/>'
        case Phase.start:
            return f'<rect x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12" {outline}/>'
        case Phase.mid:
            corners = f"M{x:.1f} {y - 6.5:.1f}l6.5 6.5l-6.5 6.5l-6.5 -6.5z"
            return f'<path d="{corners}" {outline}/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.6" fill="{_ACCENT}" stroke="{_ACCENT}"/>'


def _legend(marks: Iterable[Mark], y: float) -> Iterable[str]:
    seen = {mark.round for mark in marks}
    shown = [round_ for round_ in ROUNDS if round_ in seen]
    widths = [34 + 6.4 * len(ROUND_NAMES[round_]) for round_ in shown]
    x = min(_LEFT, WIDTH - sum(widths))
    for round_, width in zip(shown, widths, strict=True):
        yield _shape(round_, x, y)
        yield _words(x + 16, y + 4.5, ROUND_NAMES[round_], colour=_MUTED)
        x += width


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'


def _words(
    x: float, y: float, text: str, *, anchor: str = "start", colour: str = _INK, bold: bool = False, halo: bool = False
) -> str:
    """With a halo, no line runs through the words."""
    look = (' font-weight="600"' if bold else "") + (
        f' stroke="{_SHEET}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"' if halo else ""
    )
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{look}>{_safe(text)}</text>'


def _svg(width: float, height: float, drawn: Iterable[str]) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    style = f'font-family="{FONT}" font-size="{_TEXT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{"".join(drawn)}</svg>'


# -- words ------------------------------------------------------------------------------------------------

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _safe(text: str) -> str:
    return escape(_NOT_XML.sub("", text))


def _wrapped(label: str) -> list[str]:
    return textwrap.wrap(label, _LABEL_LETTERS, max_lines=_LABEL_LINES, placeholder=" …") or [""]


def _alt(about: str, rows: Sequence[Track]) -> str:
    return " ".join([about, *(f"{row.label}: {_told(row.marks)}." for row in rows)])


def _told(marks: Sequence[Mark]) -> str:
    if not marks:
        return "ei vielä arvioitu"
    told = [f"{ROUND_NAMES[mark.round]} {mark.text}" for mark in marks]
    return finnish.listed([told[0].replace(" ", " oli ", 1), *told[1:]])
