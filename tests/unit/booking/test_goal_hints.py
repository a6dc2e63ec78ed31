"""Hints help to write goals that can be rated; a good goal gets none."""

import pytest

from services.booking.evaluation.goal_hints import (
    NO_DEADLINE,
    NOT_OBSERVABLE,
    SEVERAL_THEMES,
    DescribedGoal,
    hints_for_all_goals,
    hints_for_goal,
)

GOOD = DescribedGoal(
    "Palautteen antaminen arjessa",
    {
        -2: "Palautetta annetaan vain kehityskeskusteluissa.",
        -1: "Palautetta annetaan satunnaisesti.",
        0: "Maaliskuuhun mennessä jokainen saa palautetta vähintään kerran viikossa.",
        1: "Palautetta saa useita kertoja viikossa.",
        2: "Palautetta annetaan ja pyydetään päivittäin puolin ja toisin.",
    },
)


def changed(levels: dict[int, str] | None = None, title: str = GOOD.title) -> DescribedGoal:
    return DescribedGoal(title, {**GOOD.levels, **(levels or {})})


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (GOOD, []),
        (changed(title="Roolit ja palaute"), [SEVERAL_THEMES]),
        (changed(title="Jaksaminen"), []),
        (changed({0: "Palaute paranee kevääseen 2027 mennessä."}), []),
        (changed({0: "Palaute paranee kevääseen mennessä."}), [NOT_OBSERVABLE]),
        (changed({0: "Jokainen saa palautetta vähintään kerran viikossa."}), [NO_DEADLINE]),
        (changed({0: "Palaute paranee tuntuvasti."}), [NOT_OBSERVABLE, NO_DEADLINE]),
        (
            changed({1: "Hyvin.", 2: "Mainio."}),
            ["Näin lyhyestä kuvauksesta on vaikea tietää, milloin taso on saavutettu: +1 ja +2."],
        ),
        (changed({-2: "Heikko"}), ["Näin lyhyestä kuvauksesta on vaikea tietää, milloin taso on saavutettu: −2."]),
    ],
)
def test_a_goal_is_told_what_would_make_it_easier_to_rate(goal: DescribedGoal, expected: list[str]) -> None:
    assert hints_for_goal(goal) == expected


@pytest.mark.parametrize(("count", "hinted"), [(1, True), (2, False), (4, False), (5, True)])
def test_two_to_four_goals_are_a_good_number(count: int, hinted: bool) -> None:
    assert bool(hints_for_all_goals([GOOD] * count)) is hinted
