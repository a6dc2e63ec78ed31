"""The charts of reports: one SVG for pages, PDF and letters alike, with the same as alternative text.

Rounds are text apart by shape, never by colour, and the shapes nest: where two rounds came to the same value,
both are still seen.
"""

import re
import textwrap
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import Literal, NamedTuple

from services.core import design
from services.events.catalogue import Phase
from services.finnish import formatting
from services.finnish.vocabulary import EVALUATIONS
from services.reporting.contents import gas
from services.reporting.rendering.blocks import Chart

ChartRound = Phase | Literal["baseline"]
CHART_ROUNDS: tuple[ChartRound, ...] = ("baseline", Phase.start, Phase.mid, Phase.final)
ROUND_NAMES: dict[ChartRound, str] = {
    "baseline": "lähtötaso",
    **{phase: EVALUATIONS[phase].nominative for phase in Phase},
}

FONT = design.SANS
_INK, _MUTED, _LINE, _ACCENT, _SHEET = (
    design.LIGHT.ink, design.LIGHT.muted, design.LIGHT.line, design.LIGHT.accent, design.LIGHT.sheet,
)  # fmt: skip

WIDTH = 640
_LEFT, _RIGHT = 244, 560
_TEXT = 13
_LABEL_LETTERS, _LABEL_LINES, _LABEL_WIDTH = 36, 3, 18

_NARROW, _USUAL, _CAPITAL, _WIDE = 0.36, 0.56, 0.67, 0.85
_WIDTHS = dict.fromkeys("fijlrtI()[]{}/\\|!.,:;'’ -", _NARROW) | dict.fromkeys("mwMW@%&½¼¾æœÆŒ…—", _WIDE)


def text_width(text: str) -> float:
    """In ems of FONT, a little too much rather than too little: whether words fit where they are to stand."""
    return sum(_WIDTHS.get(letter, _CAPITAL if letter.isupper() else _USUAL) for letter in text)


class ChartMark(NamedTuple):
    round: ChartRound
    value: float
    text: str


class ChartRow(NamedTuple):
    """One goal, benefit or process, with its marks from the earliest to the latest."""

    label: str
    marks: tuple[ChartMark, ...]


class ChartScale(NamedTuple):
    """The values a track runs over, those that are written, and the one that everything is compared with."""

    lowest: float
    highest: float
    ticks: tuple[tuple[float, str], ...]
    reference: float | None = None

    def at(self, value: float, start: float, end: float) -> float:
        inside = min(max(value, self.lowest), self.highest)
        return start + (end - start) * (inside - self.lowest) / (self.highest - self.lowest)


LEVEL_SCALE = ChartScale(-2, 2, tuple((level, gas.level_text(level)) for level in gas.LEVELS), reference=0)
LOWEST_AGREEMENT, HIGHEST_AGREEMENT = 1, 5
AGREEMENT_SCALE = ChartScale(
    LOWEST_AGREEMENT, HIGHEST_AGREEMENT, tuple((value, str(value)) for value in range(1, HIGHEST_AGREEMENT + 1))
)


def draw_rows(name: str, about: str, rows: Sequence[ChartRow], scale: ChartScale) -> Chart:
    """A row with its marks for each goal, benefit or process. `about` is the first sentence of the alt text."""
    labels = [_label_lines(row.label) for row in rows]
    heights = [20 + 16 * len(label) for label in labels]
    tops = [30 + sum(heights[:index]) for index in range(len(rows))]
    bottom = 30 + sum(heights)
    drawn = [*_ruler(scale, bottom), _text_element(WIDTH, 14, "viimeksi", anchor="end", colour=_MUTED)]
    for row, label, top, height in zip(rows, labels, tops, heights, strict=True):
        drawn += _track(row, label, scale, top + height / 2)
    drawn += _legend([mark for row in rows for mark in row.marks], bottom + 26)
    return Chart(name=name, svg=_svg(bottom + 40, drawn), alt=_alt_text(about, rows))


def _label_lines(label: str) -> list[str]:
    """In shorter lines where its letters are wide."""
    for letters in range(_LABEL_LETTERS, int(_LABEL_WIDTH / _WIDE) - 1, -1):
        lines = textwrap.wrap(label, letters, max_lines=_LABEL_LINES, placeholder=" …")
        if all(text_width(line) <= _LABEL_WIDTH for line in lines):
            break
    return lines or [""]


def _ruler(scale: ChartScale, bottom: float) -> Iterable[str]:
    for value, text in scale.ticks:
        x = scale.at(value, _LEFT, _RIGHT)
        compared = value == scale.reference
        colour, width = (_MUTED, 1.5) if compared else (_LINE, 1)
        yield _line(x, 24, x, bottom, colour, width)
        label = f"{text} odotettu" if compared else text
        yield _text_element(x, 14, label, anchor="middle", colour=_INK if compared else _MUTED, bold=compared)


def _track(row: ChartRow, label: Sequence[str], scale: ChartScale, y: float) -> Iterable[str]:
    for index, line in enumerate(label):
        yield _text_element(0, y + 4.5 + 16 * (index - (len(label) - 1) / 2), line)
    places = [scale.at(mark.value, _LEFT, _RIGHT) for mark in row.marks]
    yield _line(_LEFT, y, _RIGHT, y, _LINE, 1)
    if places:
        yield _line(min(places), y, max(places), y, _INK, 2.5)
    for mark, x in zip(row.marks, places, strict=True):
        yield _shape(mark.round, x, y)
    rated = [mark.text for mark in row.marks if mark.round != "baseline"]
    text, colour = (rated[-1], _INK) if rated else ("ei arvioitu", _MUTED)
    yield _text_element(WIDTH, y + 4.5, text, anchor="end", colour=colour, bold=bool(rated))


def draw_goal_path(name: str, about: str, marks: Sequence[ChartMark]) -> Chart:
    """How one goal went up or down from its baseline, round by round, over the five levels."""
    top, bottom, left, right = 22, 122, 88, WIDTH - 64
    drawn: list[str] = []
    for level, text in LEVEL_SCALE.ticks:
        y = LEVEL_SCALE.at(level, bottom, top)
        expected = level == LEVEL_SCALE.reference
        drawn.append(_line(40, y, WIDTH, y, _MUTED if expected else _LINE, 1.5 if expected else 1))
        drawn.append(_text_element(28, y + 4.5, text, anchor="end", bold=expected, colour=_INK if expected else _MUTED))
    columns = {one: left + (right - left) * at / (len(CHART_ROUNDS) - 1) for at, one in enumerate(CHART_ROUNDS)}
    named = [(x, ROUND_NAMES[one]) for one, x in columns.items()]
    drawn += [_text_element(x, bottom + 30, name, anchor="middle", colour=_MUTED) for x, name in named]
    places = [(columns[mark.round], LEVEL_SCALE.at(mark.value, bottom, top)) for mark in marks]
    drawn += [_line(*one, *other, _INK, 2.5) for one, other in pairwise(places)]
    for mark, (x, y) in zip(marks, places, strict=True):
        drawn += [_shape(mark.round, x, y), _text_element(x, y - 14, mark.text, anchor="middle", bold=True, halo=True)]
    return Chart(name=name, svg=_svg(bottom + 38, drawn), alt=_alt_text(about, [ChartRow("Taso", tuple(marks))]))


def _shape(round_: ChartRound, x: float, y: float) -> str:
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


def _legend(marks: Iterable[ChartMark], y: float) -> Iterable[str]:
    seen = {mark.round for mark in marks}
    shown = [round_ for round_ in CHART_ROUNDS if round_ in seen]
    widths = [34 + 6.4 * len(ROUND_NAMES[round_]) for round_ in shown]
    x = min(_LEFT, WIDTH - sum(widths))
    for round_, width in zip(shown, widths, strict=True):
        yield _shape(round_, x, y)
        yield _text_element(x + 16, y + 4.5, ROUND_NAMES[round_], colour=_MUTED)
        x += width


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'


def _text_element(
    x: float, y: float, text: str, *, anchor: str = "start", colour: str = _INK, bold: bool = False, halo: bool = False
) -> str:
    """With a halo, no line runs through the words."""
    look = (' font-weight="600"' if bold else "") + (
        f' stroke="{_SHEET}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"' if halo else ""
    )
    words = escape(_NOT_XML.sub("", text))
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{look}>{words}</text>'


def _svg(height: float, drawn: Iterable[str]) -> str:
    size = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
    style = f'font-family="{FONT}" font-size="{_TEXT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{"".join(drawn)}</svg>'


_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _alt_text(about: str, rows: Sequence[ChartRow]) -> str:
    return " ".join([about, *(f"{row.label}: {_marks_in_words(row.marks)}." for row in rows)])


def _marks_in_words(marks: Sequence[ChartMark]) -> str:
    if not marks:
        return "ei vielä arvioitu"
    text = [f"{ROUND_NAMES[mark.round]} {mark.text}" for mark in marks]
    return formatting.listed([text[0].replace(" ", " oli ", 1), *text[1:]])
