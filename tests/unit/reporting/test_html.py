"""The same sheet in a letter or on a page: nothing lost, nothing run, every table headed."""

import re

import html5lib
import pytest

from services.core import design
from services.events.catalogue import Phase
from services.reporting.contents.documents import ClientReport, GoalReport, OverviewReport
from services.reporting.rendering import html
from services.reporting.rendering.blocks import Block, Chart, KeptTogether, Paragraph, SheetTable
from services.reporting.rendering.render import build_sheet
from services.reporting.rendering.sections import READING_T
from tests.support import sample_reports

every_report = pytest.mark.parametrize(
    "report",
    [sample_reports.goal_report(), sample_reports.overview_report(), sample_reports.client_report()],
    ids=lambda one: one.kind,
)


def flat(blocks: tuple[Block, ...]) -> list[Block]:
    return [part for block in blocks for part in (flat(block.blocks) if isinstance(block, KeptTogether) else [block])]


def text_of(markup: str) -> str:
    return " ".join("".join(html5lib.parseFragment(markup, namespaceHTMLElements=False).itertext()).split())


@every_report
def test_everything_the_sheet_says_is_there(report: GoalReport | OverviewReport | ClientReport) -> None:
    laid_out = build_sheet(report)

    told = text_of(html.render_fragment(laid_out))

    assert laid_out.title in told
    for sentence in laid_out.lead:
        assert text_of(sentence) in told
    for table in (block for block in flat(laid_out.blocks) if isinstance(block, SheetTable)):
        for cell in (cell for row in table.rows for cell in row):
            assert text_of(cell) in told


@pytest.mark.parametrize(
    "report",
    [sample_reports.goal_report(), sample_reports.long_goal_report(), sample_reports.client_report()],
    ids=["few", "many", "client"],
)
def test_no_t_score_stands_without_its_caveat(report: GoalReport | ClientReport) -> None:
    texts = [block.text for block in flat(build_sheet(report).blocks) if isinstance(block, Paragraph)]

    caveat = texts.index(READING_T)

    assert "T-luku" in texts[caveat - 1]
    assert "muutos +" in texts[caveat - 1]


@every_report
@pytest.mark.parametrize("picture", [html.no_picture, html.inline_svg])
def test_it_is_valid_html(report: GoalReport | OverviewReport | ClientReport, picture: html.ChartDrawing) -> None:
    parser = html5lib.HTMLParser(strict=True)

    parser.parse(f"<!doctype html><title>x</title>{html.render_fragment(build_sheet(report), picture)}")


def test_every_column_and_row_has_its_heading() -> None:
    markup = html.render_fragment(build_sheet(sample_reports.goal_report()))
    tables = [
        block for block in flat(build_sheet(sample_reports.goal_report()).blocks) if isinstance(block, SheetTable)
    ]

    assert markup.count('<th scope="col"') == sum(len(table.columns) for table in tables)
    assert markup.count('<th scope="row"') == sum(len(table.rows) for table in tables)


def test_a_picture_carries_its_sentences() -> None:
    laid_out = build_sheet(sample_reports.goal_report())
    charts = [block for block in flat(laid_out.blocks) if isinstance(block, Chart)]

    drawn = html.render_fragment(laid_out, html.inline_svg)

    for chart in charts:
        assert f'role="img" aria-label="{chart.alt}"' in drawn
    assert len({chart.name for chart in charts}) == len(charts)


def test_what_people_write_is_never_markup() -> None:
    goal = sample_reports.goal('<script>alert("1")</script>', sample_reports.rating(Phase.mid, 1))

    for picture in (html.no_picture, html.inline_svg):
        assert "<script" not in html.render_fragment(build_sheet(sample_reports.goal_report(goals=(goal,))), picture)


@every_report
def test_a_page_needs_no_style_but_the_stylesheet(report: GoalReport | OverviewReport | ClientReport) -> None:
    markup = html.render_fragment(build_sheet(report), html.inline_svg)

    assert "style=" not in markup
    assert "<style" not in markup


@every_report
def test_a_letter_needs_no_stylesheet(report: GoalReport | OverviewReport | ClientReport) -> None:
    letter = html.render_for_letter(build_sheet(report))

    assert text_of(letter) == text_of(html.render_fragment(build_sheet(report)))
    unstyled = re.findall(r"<(?:h\d|p|th|td|table)\b(?![^>]*style=)[^>]*>", letter)
    assert unstyled == []
    assert "var(" not in letter


def test_every_class_has_its_looks() -> None:
    markup = "".join(
        html.render_fragment(build_sheet(report), html.inline_svg) for report in sample_reports.SAMPLES.values()
    )
    classes = {name for names in re.findall(r'class="([^"]*)"', markup) for name in names.split()}

    assert classes - {"report"} <= set(re.findall(r"\.([a-z]+)", html.render_stylesheet()))


def test_text_takes_the_colour_of_what_is_around_so_that_dark_letters_stay_readable() -> None:
    markup = html.render_for_letter(build_sheet(sample_reports.client_report()))

    assert not re.search(r"(?<![-\w])color:", markup)
    assert design.LIGHT.ink not in markup
