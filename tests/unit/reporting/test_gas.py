"""The T-score against worked examples computed by hand and in R (gasr), and what must hold for any goals."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.finnish.vocabulary import LEVEL_LABELS
from services.reporting.contents import gas
from services.reporting.contents.gas import ScaledGoal

levels = st.sampled_from(gas.LEVELS)
importances = st.integers(1, 3)
weighted_levels = st.lists(st.tuples(levels, importances), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("example", "weights", "rated", "expected"),
    [
        ("A, baseline", (3, 2, 1), (-1, -1, -2), 34.577),
        ("A, attained", (3, 2, 1), (0, 1, -1), 52.203),
        ("B, of gasr", (3, 5, 1, 4, 2, 6), (-2, 0, -1, 2, 0, 1), 55.0),
        ("C, all a little short", (1, 1, 1), (-1, -1, -1), 36.307),
        ("C, all as expected", (1, 1, 1), (0, 0, 0), 50.0),
        ("C, one a little over", (1, 1, 1), (1, 0, 0), 54.564),
        ("C, all far over", (1, 1, 1), (2, 2, 2), 77.386),
        ("C, all far short", (1, 1, 1), (-2, -2, -2), 22.614),
        ("D, one goal at -2", (3,), (-2,), 30.0),
        ("D, one goal at -1", (3,), (-1,), 40.0),
        ("D, one goal at 0", (3,), (0,), 50.0),
        ("D, one goal at +1", (3,), (1,), 60.0),
        ("D, one goal at +2", (3,), (2,), 70.0),
        ("D, two goals", (1, 1), (1, 0), 56.202),
        ("E, highest", (3, 2, 1), (2, 2, 2), 76.439),
        ("E, lowest", (3, 2, 1), (-2, -2, -2), 23.561),
    ],
)
def test_t_scores_agree_with_the_worked_examples(
    example: str, weights: tuple[int, ...], rated: tuple[int, ...], expected: float
) -> None:
    assert gas.t_score(rated, weights) == pytest.approx(expected, abs=0.0005), example


@pytest.mark.parametrize(("goals", "step"), [(1, 10.0), (2, 6.20), (3, 4.56), (4, 3.63), (5, 3.02), (6, 2.58)])
def test_one_level_on_one_of_equal_goals_moves_t_by_its_step(goals: int, step: float) -> None:
    one_step = gas.t_score([1] + [0] * (goals - 1), [1] * goals)

    assert one_step == pytest.approx(50 + step, abs=0.005)


@given(weighted_levels, st.floats(0.01, 1000))
def test_scaling_every_weight_changes_nothing(goals: list[tuple[int, int]], factor: float) -> None:
    rated, weights = zip(*goals, strict=True)

    scaled = gas.t_score(rated, [weight * factor for weight in weights])

    assert scaled == pytest.approx(gas.t_score(rated, weights))


@given(st.lists(importances, min_size=1, max_size=8))
def test_all_goals_as_expected_make_exactly_fifty(weights: list[int]) -> None:
    assert gas.t_score([0] * len(weights), weights) == 50


@given(weighted_levels, st.data())
def test_t_rises_with_each_level(goals: list[tuple[int, int]], data: st.DataObject) -> None:
    rated, weights = map(list, zip(*goals, strict=True))
    risen = data.draw(st.integers(0, len(rated) - 1))
    scores = [gas.t_score([*rated[:risen], level, *rated[risen + 1 :]], weights) for level in gas.LEVELS]

    assert all(lower is not None and higher is not None and lower < higher for lower, higher in pairwise(scores))


@given(weighted_levels)
def test_weights_that_are_all_zero_count_as_equal(goals: list[tuple[int, int]]) -> None:
    rated = [level for level, _ in goals]

    assert gas.t_score(rated, [0] * len(rated)) == gas.t_score(rated, [1] * len(rated))


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="weigh"):
        gas.t_score([1, 0], [2, -1])


def test_every_level_needs_its_weight() -> None:
    with pytest.raises(ValueError, match="longer"):
        gas.t_score([1, 0], [2])


def test_the_change_is_taken_before_rounding() -> None:
    attained = gas.measure_attainment([ScaledGoal(-1, 0, 3), ScaledGoal(-1, 1, 2), ScaledGoal(-2, -1, 1)])

    assert attained is not None
    assert (round(attained.baseline, 3), round(attained.now, 3)) == (34.577, 52.203)
    assert attained.change == pytest.approx(17.626, abs=0.0005)


rated_goals = st.builds(ScaledGoal, st.sampled_from((-2, -1)), st.none() | levels, importances)


@given(st.lists(rated_goals, max_size=8))
def test_goals_nobody_rated_are_in_neither_t(goals: list[ScaledGoal]) -> None:
    rated = [goal for goal in goals if goal.level is not None]

    with_all, with_rated = gas.measure_attainment(goals), gas.measure_attainment(rated)

    assert (with_all is None) == (not rated)
    if with_all is not None and with_rated is not None:
        assert with_all[:2] == with_rated[:2]
        assert (with_all.scored, with_all.total) == (len(rated), len(goals))


@given(st.lists(st.builds(ScaledGoal, st.sampled_from((-2, -1)), st.none(), importances), max_size=4))
def test_without_a_rated_goal_there_is_no_t(goals: list[ScaledGoal]) -> None:
    assert gas.measure_attainment(goals) is None


def test_a_t_that_rests_on_an_average_says_so() -> None:
    agreed, averaged = ScaledGoal(-1, 1), ScaledGoal(-1, 0.6, averaged=True)

    assert [gas.measure_attainment(goals).averaged for goals in ([agreed], [agreed, averaged])] == [False, True]  # type: ignore[union-attr]


def test_an_average_no_one_rated_counts_for_nothing() -> None:
    attained = gas.measure_attainment([ScaledGoal(-1, 1), ScaledGoal(-1, None, averaged=True)])

    assert attained is not None
    assert not attained.averaged


@pytest.mark.parametrize(
    ("level", "described"),
    [(-2, -2), (-1.5, -2), (-1.4, -1), (-0.5, -1), (-0.4, 0), (0.5, 0), (0.6, 1), (1.5, 1), (1.6, 2), (2, 2)],
)
def test_an_average_is_described_by_its_nearest_level_and_halfway_by_the_lower(level: float, described: int) -> None:
    assert gas.nearest_level(level) == described
    assert gas.level_label(level) == LEVEL_LABELS[described]


@pytest.mark.parametrize(("level", "met"), [(-1, False), (-0.2, False), (0, True), (0.4, True), (2, True)])
def test_a_goal_is_met_from_its_expected_level_up(level: float, met: bool) -> None:
    assert gas.is_met(level) is met


@pytest.mark.parametrize(
    ("t", "words"),
    [
        (22.6, "selvästi odotettua heikommin"),
        (39.94, "selvästi odotettua heikommin"),
        (39.95, "hieman odotettua heikommin"),
        (40, "hieman odotettua heikommin"),
        (47.94, "hieman odotettua heikommin"),
        (47.95, "odotetusti"),
        (48, "odotetusti"),
        (52, "odotetusti"),
        (52.04, "odotetusti"),
        (52.05, "hieman odotettua paremmin"),
        (60, "hieman odotettua paremmin"),
        (60.05, "selvästi odotettua paremmin"),
    ],
)
def test_the_words_follow_the_figure_as_it_is_printed(t: float, words: str) -> None:
    assert gas.verdict(t) == words


@pytest.mark.parametrize(
    ("level", "text"), [(-2, "−2"), (0, "0"), (1, "+1"), (2.0, "+2"), (0.6, "+0,6"), (-0.25, "−0,3")]
)
def test_levels_are_written_with_their_sign(level: float, text: str) -> None:
    assert gas.level_text(level) == text
