"""Which benefits participants are asked about."""

import pytest

from services.booking.supervision.benefits import (
    BENEFITS,
    DEFAULT_GROUP_BENEFITS,
    DEFAULT_INDIVIDUAL_BENEFITS,
    MAX_BENEFITS,
    benefits_to_ask,
    offered_benefits,
)
from services.events.catalogue import Form


@pytest.mark.parametrize(
    ("form", "chosen", "of_goals", "expected"),
    [
        (Form.group, ["learning"], ["workflow"], ["learning"]),
        (Form.individual, ["work_climate"], [], ["work_climate"]),
        (Form.individual, [], ["work_climate", "learning"], ["learning"]),
        (Form.group, [], ["work_climate", "learning", "work_climate"], ["work_climate", "learning"]),
        (Form.group, [], list(BENEFITS), list(BENEFITS)[:5]),
        (Form.individual, [], ["work_climate"], list(DEFAULT_INDIVIDUAL_BENEFITS)),
        (Form.community, [], [], list(DEFAULT_GROUP_BENEFITS)),
    ],
)
def test_what_was_chosen_is_asked_else_what_the_goals_are_about_else_the_usual(
    form: Form, chosen: list[str], of_goals: list[str], expected: list[str]
) -> None:
    assert benefits_to_ask(form, chosen, of_goals) == expected


def test_one_person_alone_is_offered_nothing_that_takes_others_to_rate() -> None:
    assert (
        set(DEFAULT_INDIVIDUAL_BENEFITS)
        <= set(offered_benefits(Form.individual))
        < set(offered_benefits(Form.group))
        == set(BENEFITS)
    )
    assert not {"work_climate", "cooperation"} & set(offered_benefits(Form.individual))


def test_as_many_benefits_are_usual_as_a_process_may_have() -> None:
    assert len(DEFAULT_INDIVIDUAL_BENEFITS) == len(DEFAULT_GROUP_BENEFITS) == MAX_BENEFITS
