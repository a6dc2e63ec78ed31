"""What the client is told betrays nobody, however the client adds, subtracts and compares."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.events.catalogue import Form, Phase
from services.reporting.disclosure import rules
from services.reporting.disclosure.rules import AskedQuestion, Figure, Mean, Withheld, disclose

MAY, AUGUST = date(2026, 5, 29), date(2026, 8, 28)
START, MID, FINAL = (
    AskedQuestion("workflow", phase, day)
    for phase, day in ((Phase.start, date(2026, 1, 30)), (Phase.mid, MAY), (Phase.final, date(2026, 11, 27)))
)

Answers = dict[str, float]


def said(people: str, value: float = 4) -> Answers:
    """One answer from everybody whose letter is named."""
    return dict.fromkeys(people, value)


# -- what is told -----------------------------------------------------------------------------------------


def test_a_mean_is_told_with_the_number_of_its_answers() -> None:
    told = disclose({FINAL: {"a": 5, "b": 4, "c": 4, "d": 3, "e": 5}}, [], [], 5).means

    assert told == {(FINAL,): Mean(4.2, 5)}


def test_four_answers_make_no_number_even_of_six_people() -> None:
    found = disclose({FINAL: said("abcd")}, [], [], 5)

    assert (found.means, found.figures) == ({}, ())
    assert found.withheld == {(FINAL,): Withheld.too_few}


@pytest.mark.parametrize(("wanted", "minimum"), [(0, 3), (1, 3), (3, 3), (4, 4), (5, 5), (12, 12)])
def test_no_setting_takes_the_minimum_under_three(wanted: int, minimum: int) -> None:
    people = [f"p{n}" for n in range(minimum)]

    assert rules.effective_minimum(wanted) == minimum
    assert not disclose({FINAL: dict.fromkeys(people[1:], 4.0)}, [], [], wanted).means
    assert disclose({FINAL: dict.fromkeys(people, 4.0)}, [], [], wanted).means


@pytest.mark.parametrize(
    ("answered", "uncounted", "reason"),
    [
        ("abcdPQRS", "PQRS", Withheld.too_few),  # four invented people beside four real ones
        ("aPQRS", "PQRS", Withheld.too_few),  # the mean times five, less what one knows, is one person's answer
        ("abcdePQRS", "PQRS", None),
        ("abcdef", "f", None),  # who came seldom answers too, and is hidden among the others
    ],
)
def test_who_was_not_seen_at_meetings_hides_nobody(answered: str, uncounted: str, reason: Withheld | None) -> None:
    found = disclose({FINAL: said(answered)}, [], [], 5, frozenset(uncounted))

    assert found.withheld.get((FINAL,)) is reason


def test_who_came_seldom_is_not_found_by_subtracting_either() -> None:
    released = disclose({FINAL: said("abcde")}, [], [], 5).figures

    again = disclose({FINAL: said("abcdef")}, [], released, 5, frozenset("f"))

    assert again.withheld == {(FINAL,): Withheld.would_betray}


def test_a_change_counts_only_those_who_answered_both_times() -> None:
    mid, final = said("abcdefghij", 2) | said("klmno", 5), said("abcdefghij", 4) | said("pqrst", 1)

    found = disclose({MID: mid, FINAL: final}, [(MID, FINAL)], [], 5)

    assert found.means[MID, FINAL] == Mean(2, 10)
    assert not found.withheld


def test_a_change_of_fewer_than_the_minimum_is_not_told() -> None:
    found = disclose({MID: said("abcdefghi"), FINAL: said("fghijklmn")}, [(MID, FINAL)], [], 5)

    assert found.withheld == {(MID, FINAL): Withheld.too_few}


@pytest.mark.parametrize(
    ("mid", "final", "story"),
    [
        ("abcdef", "abcde", "f answered only in the middle: mean, mean and change together give f's answer"),
        ("abcde", "abcdef", "f answered only at the end"),
        ("abcdef", "bcdefg", "one left and one came: the difference of their answers would be known"),
        ("abcdefghi", "abcde", "four left"),
    ],
)
def test_a_change_that_would_betray_those_in_one_round_only_is_not_told(mid: str, final: str, story: str) -> None:
    found = disclose({MID: said(mid), FINAL: said(final)}, [(MID, FINAL)], [], 5)

    assert set(found.means) == {(MID,), (FINAL,)}, story
    assert found.withheld == {(MID, FINAL): Withheld.would_betray}, story


def test_a_change_is_told_when_the_same_people_answered() -> None:
    found = disclose({MID: said("abcde", 3), FINAL: said("abcde", 4)}, [(MID, FINAL)], [], 5)

    assert found.means[MID, FINAL] == Mean(1, 5)


# -- two reports, two groups ------------------------------------------------------------------------------


def test_the_same_report_may_be_given_again() -> None:
    answers = {MID: said("abcde"), FINAL: said("abcde")}
    first = disclose(answers, [(MID, FINAL)], [], 5)

    again = disclose(answers, [(MID, FINAL)], first.figures, 5)

    assert again.means == first.means


@pytest.mark.parametrize(
    ("earlier", "later", "may"),
    [
        ("abcdef", "abcde", False),  # someone was erased
        ("abcde", "abcdef", False),  # a late answer
        ("abcde", "abcdefghi", False),
        ("abcde", "abcdefghij", True),  # the five who joined are as hidden as the five before
        ("abcdefghij", "abcde", True),
        ("abcdefg", "cdefghi", False),
        ("abcde", "fghij", True),
    ],
)
def test_a_second_report_may_not_differ_by_a_few_people(earlier: str, later: str, may: bool) -> None:
    released = disclose({FINAL: said(earlier)}, [], [], 5).figures

    assert bool(disclose({FINAL: said(later)}, [], released, 5).means) is may


def test_two_groups_with_common_members_asked_in_the_same_season_count_as_one_question() -> None:
    team, community = AskedQuestion("workflow", Phase.final, MAY), AskedQuestion("workflow", Phase.final, AUGUST)
    released = disclose({team: said("abcde")}, [], [], 5).figures

    found = disclose({community: said("abcdef")}, [], released, 5)

    assert found.withheld == {(community,): Withheld.would_betray}


def test_a_group_that_changed_over_the_years_is_told_of_again() -> None:
    next_year = AskedQuestion("workflow", Phase.final, MAY + timedelta(days=365))
    released = disclose({AskedQuestion("workflow", Phase.final, MAY): said("abcde")}, [], [], 5).figures

    assert disclose({next_year: said("abcdef")}, [], released, 5).means


def test_other_questions_and_rounds_of_the_same_people_are_other_answers() -> None:
    released = disclose({FINAL: said("abcde")}, [], [], 5).figures
    other = AskedQuestion("learning", Phase.final, FINAL.on)

    assert disclose({other: said("abcdef"), MID: said("bcdefg")}, [], released, 5).withheld == {}


# -- forms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", Form)
def test_only_of_a_single_person_benefits_are_never_told_and_goals_only_with_consent(form: Form) -> None:
    alone = form is Form.individual

    assert rules.may_show_benefits(form) is not alone
    assert rules.may_show_goals(form, consented=False) is not alone
    assert rules.may_show_goals(form, consented=True)


# -- the attacker -----------------------------------------------------------------------------------------

PRIME = 2_147_483_647
PEOPLE = "abcdefghijkl"
rounds = st.dictionaries(
    st.sampled_from([START, MID, FINAL]), st.sets(st.sampled_from(PEOPLE)).map(lambda who: said("".join(who)))
)
reports = st.lists(
    st.tuples(rounds, st.lists(st.sampled_from([(START, MID), (MID, FINAL), (START, FINAL)]), unique=True)),
    min_size=1,
    max_size=5,
)

Coordinate = tuple[AskedQuestion, str]


def coefficients(figure: Figure) -> dict[Coordinate, int]:
    """The sum that a reader computes from a mean (or a change) and its n, over the answers behind it."""
    signs = (1,) if len(figure.asked) == 1 else (-1, 1)
    return {(asked, person): sign for asked, sign in zip(figure.asked, signs, strict=True) for person in figure.people}


def rank(rows: Iterable[Sequence[int]]) -> int:
    """By elimination modulo a large prime."""
    matrix, found = [list(row) for row in rows], 0
    for column in range(len(matrix[0]) if matrix else 0):
        pivot = next((row for row in range(found, len(matrix)) if matrix[row][column] % PRIME), None)
        if pivot is None:
            continue
        matrix[found], matrix[pivot] = matrix[pivot], matrix[found]
        inverse = pow(matrix[found][column], -1, PRIME)
        for row in range(found + 1, len(matrix)):
            factor = matrix[row][column] * inverse % PRIME
            matrix[row] = [(a - factor * b) % PRIME for a, b in zip(matrix[row], matrix[found], strict=True)]
        found += 1
    return found


def betrayed(figures: Sequence[Figure], minimum: int) -> tuple[str, ...] | None:
    """Fewer people than the minimum about whose answers alone some sum of multiples of the figures tells.

    There is one exactly if striking out these people's columns makes the figures depend on one another more.
    """
    rows = [coefficients(figure) for figure in dict.fromkeys(figures)]
    columns = sorted({coordinate for row in rows for coordinate in row}, key=repr)
    known = rank([[row.get(column, 0) for column in columns] for row in rows])
    for few in combinations(sorted({person for _, person in columns}), minimum - 1):
        others = [column for column in columns if column[1] not in few]
        if rank([[row.get(column, 0) for column in others] for row in rows]) < known:
            return few
    return None


@settings(max_examples=150, deadline=None)
@given(reports, st.sampled_from([3, 4]))
def test_no_sum_of_multiples_of_all_figures_tells_of_fewer_than_the_minimum(
    history: list[tuple[dict[AskedQuestion, Answers], list[tuple[AskedQuestion, AskedQuestion]]]], minimum: int
) -> None:
    released: list[Figure] = []

    for answers, changes in history:
        released += disclose(answers, changes, released, minimum).figures

    assert betrayed(released, minimum) is None


def test_the_attacker_of_these_tests_is_able() -> None:
    """Any two of these three groups differ by enough people, and yet the three together give away one."""
    groups = [Figure((FINAL,), frozenset(people)) for people in ("abcdef", "ghijkl", "abcdefghijk")]

    assert betrayed(groups[:2], 4) is None
    assert "l" in (betrayed(groups, 4) or ())


@given(
    st.dictionaries(st.sampled_from([START, MID, FINAL]), st.dictionaries(st.sampled_from(PEOPLE), st.integers(1, 5))),
    st.integers(1, 5),
)
def test_what_is_told_depends_on_who_answered_and_never_on_what(
    answers: dict[AskedQuestion, dict[str, int]], other: int
) -> None:
    changed = {asked: dict.fromkeys(values, other) for asked, values in answers.items()}
    pairs = [(START, MID), (MID, FINAL)]

    one, two = disclose(answers, pairs, [], 5), disclose(changed, pairs, [], 5)

    assert one.withheld == two.withheld
    assert one.figures == two.figures


@given(
    st.dictionaries(st.sampled_from([START, MID, FINAL]), st.dictionaries(st.sampled_from(PEOPLE), st.integers(1, 5)))
)
def test_every_number_that_is_told_is_right(answers: dict[AskedQuestion, dict[str, int]]) -> None:
    told = disclose(answers, [(START, FINAL)], [], 3).means

    for asked, mean in told.items():
        before, after = answers[asked[0]], answers[asked[-1]]
        both = [after[p] - (before[p] if len(asked) == 2 else 0) for p in after if p in before]
        assert mean.answers == len(both)
        assert mean.value == pytest.approx(sum(both) / len(both))
