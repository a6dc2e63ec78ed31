"""Sheets as HTML fragments: with classes on pages, which load a stylesheet; styled inline in letters, which do not."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from services.core import design
from services.reporting.rendering.blocks import Chart, Sheet

UNBREAKABLE = re.compile(r"T-lu\w+|\b[A-Z]{2}-\d{4}-\d+|\(muutos [^()]+\)|[\d,]+ → [\d,]+")
"""Text that a narrow screen must not break."""

ChartDrawing = Callable[[Chart], Markup]

_FOLDER = FileSystemLoader(Path(__file__).parents[1] / "templates")
_TEMPLATES = Environment(
    loader=_FOLDER, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_STYLES = Environment(loader=_FOLDER, autoescape=False, undefined=StrictUndefined)  # noqa: S701 -- CSS


def _without_breaks(text: str) -> Markup:
    marked = UNBREAKABLE.sub(r'<span class="whole">\g<0></span>', str(escape(text)))
    return Markup(marked)  # noqa: S704 -- escaped, with nothing but our own span


_TEMPLATES.filters["kept"] = _without_breaks


def no_picture(chart: Chart) -> Markup:
    """No picture: the table beside it has the same figures."""
    return Markup("")


def inline_svg(chart: Chart) -> Markup:
    """The vector drawing itself, for pages; on light ground even where the page is dark."""
    opening = Markup('<div class="wide" tabindex="0"><svg role="img" aria-label="{}" class="chart" ').format(chart.alt)
    svg = Markup(chart.svg.removeprefix("<svg "))  # noqa: S704 - drawn by charts.py, which escapes its words
    return opening + svg + Markup("</div>")


def render_fragment(sheet: Sheet, picture: ChartDrawing = no_picture, *, top: int = 2) -> str:
    """Everything the sheet says, in the order of the sheet; its title is a heading of the level `top`."""
    return _TEMPLATES.get_template("report.html").render(sheet=sheet, picture=picture, top=top)


def render_for_letter(sheet: Sheet, accent: str = design.LIGHT.accent) -> str:
    """The fragment with its looks in every element: mail programs load no stylesheet."""
    return css_inline.inline_fragment(render_fragment(sheet), _stylesheet(design.LIGHT.line, accent))


def render_stylesheet() -> str:
    """For pages, whose own stylesheet names the colours of light and dark."""
    return _stylesheet("var(--line)", "var(--accent)")


@cache
def _stylesheet(line: str, accent: str) -> str:
    return _STYLES.get_template("report.css").render(design=design, line=line, accent=accent)
