"""How far a process has come, and what it waits for from its supervisor. Nothing here reads a database or a clock.

First talk, goals, meetings, mid evaluation, final evaluation, end. Goals are set in the first or the second meeting;
a process that has met more often without any has gone on without them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.events.catalogue import Phase

MEETINGS_TO_SET_GOALS = 2


class Step(StrEnum):
    talk = "talk"
    goals = "goals"
    meetings = "meetings"
    mid = "mid"
    final = "final"
    closed = "closed"


class Round(NamedTuple):
    """A round of evaluation, by how many of those who were asked have answered."""

    id: UUID
    phase: Phase
    is_open: bool
    due: date
    answered: int
    invited: int


@dataclass(frozen=True)
class Facts:
    """What is known of a process's course. Meetings that are over and wait for attendance come oldest first."""

    planned: int
    closed: bool = False
    held: int = 0
    ahead: int = 0
    next_at: datetime | None = None
    unrecorded: Sequence[UUID] = ()
    unsummarised: UUID | None = None
    has_goals: bool = False
    rounds: Sequence[Round] = ()

    def has_open(self, phase: Phase) -> bool:
        return any(one.is_open and one.phase is phase for one in self.rounds)

    def has_closed(self, phase: Phase) -> bool:
        return any(not one.is_open and one.phase is phase for one in self.rounds)

    @property
    def is_held(self) -> bool:
        return self.held >= self.planned


def step(facts: Facts) -> Step:
    if facts.closed:
        return Step.closed
    if facts.is_held or facts.has_open(Phase.final):
        return Step.final
    if facts.has_open(Phase.mid):
        return Step.mid
    return Step.meetings if facts.has_goals or facts.held >= MEETINGS_TO_SET_GOALS else Step.goals


def is_done(facts: Facts, one: Step) -> bool:
    match one:
        case Step.talk:
            return True
        case Step.goals:
            return facts.has_goals
        case Step.meetings:
            return facts.is_held
        case Step.mid:
            return facts.has_closed(Phase.mid)
        case Step.final:
            return facts.has_closed(Phase.final)
        case Step.closed:
            return facts.closed


class Want(StrEnum):
    """What the supervisor can do next, the most pressing first."""

    attendance = "attendance"
    summary = "summary"
    goals = "goals"
    answers = "answers"
    booking = "booking"
    closing = "closing"


def wants(facts: Facts) -> list[Want]:
    """What a process waits for. One that has ended waits at most for the answers to its last round."""
    waits = {
        Want.attendance: facts.unrecorded,
        Want.summary: facts.unsummarised,
        Want.goals: not facts.has_goals and not facts.closed and not facts.is_held,
        Want.answers: any(one.is_open for one in facts.rounds),
        Want.booking: not facts.closed and facts.held + facts.ahead + len(facts.unrecorded) < facts.planned,
        Want.closing: not facts.closed and facts.is_held and not facts.ahead and not facts.has_open(Phase.final),
    }
    return [want for want, applies in waits.items() if applies]
