"""Which benefits participants are asked about."""

import pytest

from services.booking.benefits import BENEFITS, MOST_A_PROCESS, USUAL_ALONE, USUAL_TOGETHER, asked, offered
from services.events.catalogue import Form
from services.reporting.benefits import LABELS


@pytest.mark.parametrize(
    ("form", "chosen", "of_goals", "expected"),
    [
        (Form.group, ["learning"], ["workflow"], ["learning"]),
        (Form.individual, ["work_climate"], [], ["work_climate"]),
        (Form.individual, [], ["work_climate", "learning"], ["learning"]),
        (Form.group, [], ["work_climate", "learning", "work_climate"], ["work_climate", "learning"]),
        (Form.group, [], list(BENEFITS), list(BENEFITS)[:5]),
        (Form.individual, [], ["work_climate"], list(USUAL_ALONE)),
        (Form.community, [], [], list(USUAL_TOGETHER)),
    ],
)
def test_what_was_chosen_is_asked_else_what_the_goals_are_about_else_the_usual(
    form: Form, chosen: list[str], of_goals: list[str], expected: list[str]
) -> None:
    assert asked(form, chosen, of_goals) == expected


def test_one_person_alone_is_offered_nothing_that_takes_others_to_rate() -> None:
    assert set(USUAL_ALONE) <= set(offered(Form.individual)) < set(offered(Form.group)) == set(BENEFITS)
    assert not {"work_climate", "cooperation"} & set(offered(Form.individual))


def test_reports_call_the_benefits_by_the_same_names() -> None:
    assert {id_: benefit.label for id_, benefit in BENEFITS.items()} == LABELS
    assert len(USUAL_ALONE) == len(USUAL_TOGETHER) == MOST_A_PROCESS
