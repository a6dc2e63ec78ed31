"""What was released elsewhere is only left out of sight where it can't matter."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.events.catalogue import Phase
from services.reporting.disclosure.released_figures import connected_figures
from services.reporting.disclosure.rules import AskedQuestion, Figure, disclose

DAY = date(2041, 5, 29)
PEOPLE = "abcdefghijklmnop"

groups = st.frozensets(st.sampled_from(PEOPLE), min_size=3, max_size=8)
figures = st.builds(
    lambda people, days: Figure((AskedQuestion("workflow", Phase.final, DAY + timedelta(days=days)),), people),
    groups,
    st.integers(0, 400),
)


@given(st.lists(figures, max_size=8), groups)
def test_figures_that_no_chain_of_common_people_leads_to_change_nothing(
    released: list[Figure], people: frozenset[str]
) -> None:
    answers = {AskedQuestion("workflow", Phase.final, DAY): dict.fromkeys(people, 4.0)}

    found = disclose(answers, [], connected_figures(released, people), 3)

    assert found.means.keys() == disclose(answers, [], _safe_apart(released, people), 3).means.keys()


def _safe_apart(released: list[Figure], people: frozenset[str]) -> list[Figure]:
    """All of it, as it can have come about: what has nothing to do with these people kept its own blocks large."""
    near = connected_figures(released, people)
    apart = [figure for figure in released if figure not in near]
    kept: list[Figure] = []
    for figure in apart:
        answers = {figure.asked[0]: dict.fromkeys(figure.people, 4.0)}
        if disclose(answers, [], [*near, *kept], 3).means:
            kept.append(figure)
    return [*near, *kept]


def test_a_chain_of_groups_is_followed_to_its_end() -> None:
    asked = (AskedQuestion("workflow", Phase.final, DAY),)
    chain = [Figure(asked, frozenset(group)) for group in ("abc", "cde", "efg", "xyz")]

    assert connected_figures(chain, "a") == chain[:3]
    assert connected_figures(chain, "x") == chain[3:]
    assert connected_figures(chain, "q") == []
