"""Drawings that need no colour, and sentences that need no drawing."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core import design
from services.events.catalogue import Phase
from services.reporting.rendering import charts
from services.reporting.rendering.charts import (
    AGREEMENT_SCALE,
    CHART_ROUNDS,
    LEVEL_SCALE,
    ChartMark,
    ChartRound,
    ChartRow,
)

SVG = "{http://www.w3.org/2000/svg}"
GOAL = ChartRow(
    "1. Vastuut ovat selvät",
    (ChartMark("baseline", -1, "−1"), ChartMark(Phase.mid, 0, "0"), ChartMark(Phase.final, 1, "+1")),
)


def drawing(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own


def words(svg: str) -> list[str]:
    return [element.text or "" for element in drawing(svg).iter(f"{SVG}text")]


def goals(*rows: ChartRow) -> str:
    return charts.draw_rows("tavoitteet", "Kaaviossa ovat tavoitteet.", rows, LEVEL_SCALE).svg


# -- without colour ---------------------------------------------------------------------------------------


def shape(round_: ChartRound) -> str:
    """The outline of a round's mark, without any colour or place."""
    svg = goals(ChartRow("A", (ChartMark(round_, 0, "0"),)))
    mark = next(element for element in drawing(svg) if element.tag not in {f"{SVG}line", f"{SVG}text"})
    size = mark.get("r") or mark.get("width") or re.sub(r"M[\d. ]+", "", mark.get("d") or "")
    return f"{mark.tag} {size}"


def test_every_round_has_a_shape_of_its_own() -> None:
    assert len({shape(round_) for round_ in CHART_ROUNDS}) == len(CHART_ROUNDS)


def test_every_round_that_is_drawn_is_named_in_the_legend() -> None:
    told = words(goals(GOAL))

    assert {"lähtötaso", "väliarviointi", "loppuarviointi"} <= set(told)
    assert "alkuarviointi" not in told


def test_the_legend_of_all_rounds_has_room() -> None:
    svg = goals(ChartRow("A", tuple(ChartMark(round_, 0, "0") for round_ in CHART_ROUNDS)))
    last = next(element for element in drawing(svg).iter(f"{SVG}text") if element.text == "loppuarviointi")

    assert float(last.get("x", 0)) + 6.4 * len("loppuarviointi") < charts.WIDTH


def test_the_expected_level_is_named_and_drawn_heavier() -> None:
    svg = drawing(goals(GOAL))
    upright = [line for line in svg.iter(f"{SVG}line") if line.get("x1") == line.get("x2")]
    heaviest = max(upright, key=lambda line: float(line.get("stroke-width", 0)))

    assert "0 odotettu" in words(goals(GOAL))
    assert float(heaviest.get("x1", 0)) == LEVEL_SCALE.at(0, 244, 560)


def test_only_the_colours_of_the_house_are_used() -> None:
    palette = {design.LIGHT.ink, design.LIGHT.muted, design.LIGHT.line, design.LIGHT.accent, design.LIGHT.sheet}

    assert set(re.findall(r"#[0-9a-f]{6}", goals(GOAL))) <= palette


def test_the_last_value_of_a_row_is_written_beside_it() -> None:
    assert words(goals(GOAL)).count("+1") == 2  # the scale and the row


def test_a_goal_nobody_rated_says_so() -> None:
    svg = goals(ChartRow("Uusi tavoite", ()))

    assert "ei arvioitu" in words(svg)


# -- in its place -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "place"), [(-2, 0.0), (-1, 25.0), (0, 50.0), (0.5, 62.5), (2, 100.0), (9, 100.0), (-9, 0.0)]
)
def test_a_value_stands_where_the_scale_says_and_never_outside(value: float, place: float) -> None:
    assert LEVEL_SCALE.at(value, 0, 100) == place


@given(
    st.lists(
        st.builds(
            ChartRow,
            st.text(max_size=200),
            st.lists(st.builds(ChartMark, st.sampled_from(CHART_ROUNDS), st.floats(1, 5), st.just("3,2"))).map(tuple),
        ),
        max_size=8,
    )
)
def test_whatever_the_rows_are_called_the_drawing_is_whole(rows: list[ChartRow]) -> None:
    made = charts.draw_rows("hyodyt", "Kaaviossa ovat hyödyt.", rows, AGREEMENT_SCALE)

    svg = drawing(made.svg)
    width, height = float(svg.get("width", 0)), float(svg.get("height", 0))
    for element in svg.iter():
        for across, along in (("x", "y"), ("cx", "cy"), ("x1", "y1"), ("x2", "y2")):
            assert 0 <= float(element.get(across, 0)) <= width
            assert 0 <= float(element.get(along, 0)) <= height


def test_long_names_are_cut_after_three_lines() -> None:
    svg = goals(
        ChartRow(
            "Palaute annetaan ja otetaan vastaan arjessa, myös silloin, kun se on "
            "vaikeaa eikä aikaa olisi juuri lainkaan",
            (),
        )
    )

    assert words(svg)[-4:-1] == [
        "Palaute annetaan ja otetaan vastaan",
        "arjessa, myös silloin, kun se on",
        "vaikeaa eikä aikaa olisi juuri …",
    ]


def test_a_baseline_alone_is_no_rating() -> None:
    svg = goals(ChartRow("Työnjako", (ChartMark("baseline", -1, "−1"),)))

    assert "ei arvioitu" in words(svg)
    assert words(svg).count("−1") == 1  # on the ruler


def test_what_people_write_is_never_markup() -> None:
    svg = goals(ChartRow('"><script>alert(1)</script>&\x00', ()))

    assert "<script>" not in svg
    assert words(svg)[-2] == '"><script>alert(1)</script>&'


# -- in words ---------------------------------------------------------------------------------------------


def test_the_same_is_told_in_sentences() -> None:
    made = charts.draw_rows(
        "tavoitteet", "Kaaviossa ovat tavoitteet.", [GOAL, ChartRow("Uusi tavoite", ())], LEVEL_SCALE
    )

    assert made.alt == (
        "Kaaviossa ovat tavoitteet. 1. Vastuut ovat selvät: lähtötaso oli −1, väliarviointi 0 ja loppuarviointi +1. "
        "Uusi tavoite: ei vielä arvioitu."
    )


def test_the_path_of_one_goal_rises_and_falls() -> None:
    marks = (ChartMark("baseline", -1, "−1"), ChartMark(Phase.start, 1, "+1"), ChartMark(Phase.mid, 0, "0"))

    made = charts.draw_goal_path("tavoite-1", "Kaaviossa on tavoite 1.", marks)

    path = [line for line in drawing(made.svg).iter(f"{SVG}line") if line.get("stroke-width") == "2.5"]
    rises = [float(line.get("y1", 0)) - float(line.get("y2", 0)) for line in path]
    assert rises == [50, -25]
    assert made.alt == "Kaaviossa on tavoite 1. Taso: lähtötaso oli −1, alkuarviointi +1 ja väliarviointi 0."


@pytest.mark.parametrize(
    "label", ["W" * 40, f"1. {'M' * 21} {'W' * 21}", "TYÖHYVINVOINTISUUNNITELMAN MÄÄRÄRAHAMOMENTTIMME", "@%mw " * 12]
)
def test_a_label_of_wide_letters_stays_beside_its_track(label: str) -> None:
    texts = drawing(goals(ChartRow(label, ()))).iter(f"{SVG}text")
    lines = [element.text or "" for element in texts if element.get("x") == "0.0"]

    assert lines
    assert max(map(charts.text_width, lines)) * 13 < 244 - 6
    assert "".join(lines).replace(" ", "").startswith(label.replace(" ", "")[:20])
