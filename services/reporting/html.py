"""Sheets as a piece of HTML that stands in a letter or on a page: tables and inline styles, no colours of its own."""

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services import design
from services.reporting.blocks import Chart, Sheet

Picture = Callable[[Chart], Markup]

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def left_out(chart: Chart) -> Markup:
    """No picture: the table beside it has the same figures."""
    return Markup("")


def drawn(chart: Chart) -> Markup:
    """The vector drawing itself, for pages; on light ground even where the page is dark."""
    style = f"max-width:100%;height:auto;background:{design.LIGHT.sheet}"
    told = Markup('<svg role="img" aria-label="{}" style="{}" ').format(chart.alt, style)
    return told + Markup(chart.svg.removeprefix("<svg "))  # noqa: S704 - drawn by charts.py, which escapes its words


def attached(chart: Chart) -> Markup:
    """The picture that the letter carries with it under the chart's name."""
    style = "display:block;width:100%;max-width:600px;height:auto;border:0"
    return Markup('<img src="cid:{}" alt="{}" width="600" style="{}">').format(chart.name, chart.alt, style)


def fragment(sheet: Sheet, picture: Picture = left_out) -> str:
    """Everything the sheet says, in the order of the sheet."""
    template = _TEMPLATES.get_template("report.html")
    return template.render(sheet=sheet, picture=picture, sans=design.SANS, small=design.SMALL, line=design.LIGHT.line)
