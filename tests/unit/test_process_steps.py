"""How far a process has come, and what it waits for."""

from datetime import date
from uuid import uuid4

import pytest

from services.booking.process_steps import Facts, Round, Step, Want, is_done, step, wants
from services.events.catalogue import Phase

A_MEETING = uuid4()


def a_round(phase: Phase, *, is_open: bool) -> Round:
    return Round(uuid4(), phase, is_open, date(2026, 12, 1), answered=1, invited=3)


OPEN_MID, OPEN_FINAL = a_round(Phase.mid, is_open=True), a_round(Phase.final, is_open=True)
FINAL = a_round(Phase.final, is_open=False)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(10), Step.goals),
        (Facts(10, held=1), Step.goals),
        (Facts(10, held=2), Step.meetings),
        (Facts(10, has_goals=True), Step.meetings),
        (Facts(10, held=5, has_goals=True, rounds=[OPEN_MID]), Step.mid),
        (Facts(10, held=9, has_goals=True, rounds=[OPEN_FINAL]), Step.final),
        (Facts(10, held=10, has_goals=True), Step.final),
        (Facts(10, held=3, closed=True, rounds=[OPEN_FINAL]), Step.closed),
    ],
)
def test_each_process_is_at_one_step(facts: Facts, expected: Step) -> None:
    assert step(facts) is expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(10), [Want.goals, Want.booking]),
        (Facts(10, has_goals=True, held=4, ahead=6), []),
        (Facts(10, has_goals=True, held=4, ahead=5, unrecorded=[A_MEETING]), [Want.attendance]),
        (Facts(10, has_goals=True, held=4, ahead=6, unsummarised=A_MEETING), [Want.summary]),
        (Facts(10, has_goals=True, held=5, ahead=5, rounds=[OPEN_MID]), [Want.answers]),
        (Facts(10, has_goals=True, held=10, rounds=[OPEN_FINAL]), [Want.answers]),
        (Facts(10, has_goals=True, held=10, rounds=[FINAL]), [Want.closing]),
        (Facts(10, has_goals=True, held=10, ahead=1, rounds=[FINAL]), []),
        (Facts(10, closed=True), []),
        (Facts(10, closed=True, rounds=[OPEN_FINAL]), [Want.answers]),
    ],
)
def test_a_process_says_what_it_waits_for(facts: Facts, expected: list[Want]) -> None:
    assert wants(facts) == expected


def test_steps_that_were_passed_over_are_not_done() -> None:
    ended = Facts(10, closed=True, held=10)

    assert [one for one in Step if is_done(ended, one)] == [Step.talk, Step.meetings, Step.closed]
