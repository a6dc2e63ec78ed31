"""The CSV opens in a Finnish spreadsheet as figures, and never as formulas."""

import csv
from io import StringIO

import pytest

from services.events.catalogue import Phase
from services.reporting.contents.documents import ClientReport, GoalReport, OverviewReport
from services.reporting.rendering.csv import CSV_COLUMNS, csv_file
from tests.support import sample_reports


def rows(report: GoalReport | OverviewReport | ClientReport) -> list[list[str]]:
    return list(csv.reader(StringIO(csv_file(report).decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.parametrize(
    "report",
    [sample_reports.goal_report(), sample_reports.overview_report(), sample_reports.client_report()],
    ids=lambda one: one.kind,
)
def test_every_row_is_as_wide_as_its_heading(report: GoalReport | OverviewReport | ClientReport) -> None:
    table = rows(report)

    assert tuple(table[0]) == CSV_COLUMNS
    assert {len(row) for row in table} == {len(CSV_COLUMNS)}


def test_the_file_is_as_a_finnish_spreadsheet_expects() -> None:
    made = csv_file(sample_reports.goal_report())

    assert made.startswith(b"\xef\xbb\xbfOsa;")
    assert made.endswith(b"\r\n")
    assert made.count(b"\n") == made.count(b"\r\n")


@pytest.mark.parametrize(
    "row",
    [
        ["T-luku", "TO-2026-014", "lähtötaso", "T-luku, keskiarvoon perustuva", "34,6", ""],
        ["T-luku", "TO-2026-014", "", "muutos", "15,4", ""],
        ["Tavoitteet", "Muutoksiin valmistaudutaan yhdessä ennakolta", "väliarviointi", "taso", "-1", ""],
        ["Hyödyt", "Muutoskyky", "väliarviointi", "muutos", "-0,1", "6"],
        ["Tapaamiset", "TO-2026-014", "", "suunniteltu kaikkiaan", "10", ""],
        ["Raportti", "", "", "viimeinen päivä", "31.10.2026", ""],
        ["Tapaamiset", "5. tapaaminen", "", "aika", "6.10.2026 14.00", ""],
        ["Tapaamiset", "7. tapaaminen", "", "tila", "peruttu", ""],
        ["Tavoitteet", "Tehtävät ja vastuut ovat kaikille selvät", "", "tärkeys", "kaikkein tärkein", ""],
        ["Odottaa työnohjaajaa", "TO-2026-014", "", "", "Yhteenvedon kirjoittaminen (20.10.2026)", ""],
    ],
)
def test_figures_have_decimal_commas_and_a_minus_that_calculates(row: list[str]) -> None:
    assert row in rows(sample_reports.goal_report())


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"])
def test_no_text_becomes_a_formula(start: str) -> None:
    title = f"{start}HYPERLINK(1)"
    report = sample_reports.goal_report(
        goals=(sample_reports.goal(title, sample_reports.rating(Phase.mid, 1)),), actions=()
    )

    cells = [cell for row in rows(report) for cell in row if "HYPERLINK" in cell]

    assert set(cells) == {f"'{title}"}


def test_semicolons_and_quotes_stay_in_their_cell() -> None:
    title = 'Palaute; "arjessa"'
    report = sample_reports.goal_report(goals=(sample_reports.goal(title, sample_reports.rating(Phase.mid, 1)),))

    assert ["Tavoitteet", title, "väliarviointi", "taso", "1", ""] in rows(report)


def test_a_small_group_has_no_figures_of_answers() -> None:
    table = rows(sample_reports.small_client_report())

    assert not {row[0] for row in table} & {"Hyödyt", "T-luku", "Vastaaminen"}
    assert [row[4] for row in table if row[0] == "Tavoitteet"] == [""] * 3
