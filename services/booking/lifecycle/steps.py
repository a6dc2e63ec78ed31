"""The current step of a process and its supervisor's next actions. Nothing here reads a database or a clock.

Intake, goals, sessions, mid evaluation, final evaluation, end. Goals are set in the first or the second session;
after that, a process without goals goes on without them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.events.catalogue import Phase

SESSIONS_TO_SET_GOALS = 2


class ProcessStep(StrEnum):
    talk = "talk"
    goals = "goals"
    meetings = "meetings"
    mid = "mid"
    final = "final"
    closed = "closed"


class RoundFacts(NamedTuple):
    """A round of evaluation, with how many of the invited have answered."""

    id: UUID
    phase: Phase
    is_open: bool
    due: date
    answered: int
    invited: int


@dataclass(frozen=True)
class ProcessFacts:
    """Facts about the progress of a process. `unrecorded` are past sessions without attendance, the oldest first."""

    planned: int
    closed: bool = False
    held: int = 0
    ahead: int = 0
    next_at: datetime | None = None
    unrecorded: Sequence[UUID] = ()
    unsummarised: UUID | None = None
    has_goals: bool = False
    rounds: Sequence[RoundFacts] = ()

    def has_open(self, phase: Phase) -> bool:
        return any(one.is_open and one.phase is phase for one in self.rounds)

    def has_closed(self, phase: Phase) -> bool:
        return any(not one.is_open and one.phase is phase for one in self.rounds)

    @property
    def is_held(self) -> bool:
        return self.held >= self.planned


def current_step(facts: ProcessFacts) -> ProcessStep:
    if facts.closed:
        return ProcessStep.closed
    if facts.is_held or facts.has_open(Phase.final):
        return ProcessStep.final
    if facts.has_open(Phase.mid):
        return ProcessStep.mid
    return ProcessStep.meetings if facts.has_goals or facts.held >= SESSIONS_TO_SET_GOALS else ProcessStep.goals


def is_step_done(facts: ProcessFacts, one: ProcessStep) -> bool:
    match one:
        case ProcessStep.talk:
            return True
        case ProcessStep.goals:
            return facts.has_goals
        case ProcessStep.meetings:
            return facts.is_held
        case ProcessStep.mid:
            return facts.has_closed(Phase.mid)
        case ProcessStep.final:
            return facts.has_closed(Phase.final)
        case ProcessStep.closed:
            return facts.closed


class NextAction(StrEnum):
    """What the supervisor can do next, the most urgent first."""

    attendance = "attendance"
    summary = "summary"
    goals = "goals"
    answers = "answers"
    booking = "booking"
    closing = "closing"


def next_actions(facts: ProcessFacts) -> list[NextAction]:
    """What the supervisor can do next in a process. A closed one can only wait for answers to its last round."""
    waits = {
        NextAction.attendance: facts.unrecorded,
        NextAction.summary: facts.unsummarised,
        NextAction.goals: not facts.has_goals and not facts.closed and not facts.is_held,
        NextAction.answers: any(one.is_open for one in facts.rounds),
        NextAction.booking: not facts.closed and facts.held + facts.ahead + len(facts.unrecorded) < facts.planned,
        NextAction.closing: not facts.closed and facts.is_held and not facts.ahead and not facts.has_open(Phase.final),
    }
    return [want for want, applies in waits.items() if applies]
