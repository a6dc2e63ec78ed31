"""How far a process has come, and what it waits for."""

from datetime import date
from uuid import uuid4

import pytest

from services.booking.lifecycle.steps import (
    NextAction,
    ProcessFacts,
    ProcessStep,
    RoundFacts,
    current_step,
    is_step_done,
    next_actions,
)
from services.events.catalogue import Phase

A_MEETING = uuid4()


def a_round(phase: Phase, *, is_open: bool) -> RoundFacts:
    return RoundFacts(uuid4(), phase, is_open, date(2026, 12, 1), answered=1, invited=3)


OPEN_MID, OPEN_FINAL = a_round(Phase.mid, is_open=True), a_round(Phase.final, is_open=True)
FINAL = a_round(Phase.final, is_open=False)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (ProcessFacts(10), ProcessStep.goals),
        (ProcessFacts(10, held=1), ProcessStep.goals),
        (ProcessFacts(10, held=2), ProcessStep.meetings),
        (ProcessFacts(10, has_goals=True), ProcessStep.meetings),
        (ProcessFacts(10, held=5, has_goals=True, rounds=[OPEN_MID]), ProcessStep.mid),
        (ProcessFacts(10, held=9, has_goals=True, rounds=[OPEN_FINAL]), ProcessStep.final),
        (ProcessFacts(10, held=10, has_goals=True), ProcessStep.final),
        (ProcessFacts(10, held=3, closed=True, rounds=[OPEN_FINAL]), ProcessStep.closed),
    ],
)
def test_each_process_is_at_one_step(facts: ProcessFacts, expected: ProcessStep) -> None:
    assert current_step(facts) is expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (ProcessFacts(10), [NextAction.goals, NextAction.booking]),
        (ProcessFacts(10, has_goals=True, held=4, ahead=6), []),
        (ProcessFacts(10, has_goals=True, held=4, ahead=5, unrecorded=[A_MEETING]), [NextAction.attendance]),
        (ProcessFacts(10, has_goals=True, held=4, ahead=6, unsummarised=A_MEETING), [NextAction.summary]),
        (ProcessFacts(10, has_goals=True, held=5, ahead=5, rounds=[OPEN_MID]), [NextAction.answers]),
        (ProcessFacts(10, has_goals=True, held=10, rounds=[OPEN_FINAL]), [NextAction.answers]),
        (ProcessFacts(10, has_goals=True, held=10, rounds=[FINAL]), [NextAction.closing]),
        (ProcessFacts(10, has_goals=True, held=10, ahead=1, rounds=[FINAL]), []),
        (ProcessFacts(10, closed=True), []),
        (ProcessFacts(10, closed=True, rounds=[OPEN_FINAL]), [NextAction.answers]),
    ],
)
def test_a_process_says_what_it_waits_for(facts: ProcessFacts, expected: list[NextAction]) -> None:
    assert next_actions(facts) == expected


def test_steps_that_were_passed_over_are_not_done() -> None:
    ended = ProcessFacts(10, closed=True, held=10)

    assert [one for one in ProcessStep if is_step_done(ended, one)] == [
        ProcessStep.talk,
        ProcessStep.meetings,
        ProcessStep.closed,
    ]
