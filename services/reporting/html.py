"""Sheets as a piece of HTML: with classes on pages, which load a stylesheet; styled inline in letters, which do not."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from services import design
from services.reporting.blocks import Chart, Sheet

UNBROKEN = re.compile(r"T-lu\w+|\b[A-Z]{2}-\d{4}-\d+|\(muutos [^()]+\)|[\d,]+ → [\d,]+")
"""What a narrow screen would break in the wrong place."""

Picture = Callable[[Chart], Markup]

_FOLDER = FileSystemLoader(Path(__file__).parent / "templates")
_TEMPLATES = Environment(
    loader=_FOLDER, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_STYLES = Environment(loader=_FOLDER, autoescape=False, undefined=StrictUndefined)  # noqa: S701 -- CSS


def _kept(text: str) -> Markup:
    marked = UNBROKEN.sub(r'<span class="whole">\g<0></span>', str(escape(text)))
    return Markup(marked)  # noqa: S704 -- escaped, with nothing but our own span


_TEMPLATES.filters["kept"] = _kept


def left_out(chart: Chart) -> Markup:
    """No picture: the table beside it has the same figures."""
    return Markup("")


def drawn(chart: Chart) -> Markup:
    """The vector drawing itself, for pages; on light ground even where the page is dark."""
    told = Markup('<div class="wide" tabindex="0"><svg role="img" aria-label="{}" class="chart" ').format(chart.alt)
    svg = Markup(chart.svg.removeprefix("<svg "))  # noqa: S704 - drawn by charts.py, which escapes its words
    return told + svg + Markup("</div>")


def fragment(sheet: Sheet, picture: Picture = left_out, *, top: int = 2) -> str:
    """Everything the sheet says, in the order of the sheet; its title is a heading of the level `top`."""
    return _TEMPLATES.get_template("report.html").render(sheet=sheet, picture=picture, top=top)


def for_letter(sheet: Sheet) -> str:
    """The fragment with its looks in every element: mail programs load no stylesheet."""
    return css_inline.inline_fragment(fragment(sheet), _stylesheet(design.LIGHT.line, design.LIGHT.accent))


def stylesheet() -> str:
    """For pages, whose own stylesheet names the colours of light and dark."""
    return _stylesheet("var(--line)", "var(--accent)")


@cache
def _stylesheet(line: str, accent: str) -> str:
    return _STYLES.get_template("report.css").render(design=design, line=line, accent=accent)
