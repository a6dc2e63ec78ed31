"""What a report says, as data: figures and the few texts that people wrote. Every form it is given is made of this.

A document is stored as it was compiled, so that a report read again years later says what it said then.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.events.catalogue import Form, Phase
from services.reporting.gas import is_met
from services.reporting.periods import Period


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)


# -- meetings ---------------------------------------------------------------------------------------------


class Sessions(Part):
    """Meetings in the period, and of the whole process up to its end."""

    held: int
    cancelled: int = 0
    held_in_all: int
    planned_in_all: int


class Attendance(Part):
    """Places at the meetings held in the period, and how they were taken."""

    present: int
    excused: int = 0
    no_shows: int = 0

    @property
    def percent(self) -> float | None:
        places = self.present + self.excused + self.no_shows
        return 100 * self.present / places if places else None


class Meeting(Part):
    """One meeting; nobody is named, only counted."""

    number: int
    starts_at: AwareDatetime
    status: Literal["booked", "held", "cancelled"]
    present: int | None = None
    expected: int | None = None


# -- goals and benefits -----------------------------------------------------------------------------------


Importance = Literal[1, 2, 3]


class Rating(Part):
    """Where a goal stood in one round: a level the group agreed on, one person's, or the mean of several."""

    phase: Phase
    on: date
    level: float
    answers: int = 1
    agreed: bool = False
    words: str
    """The level in the words it had when it was given."""

    @property
    def averaged(self) -> bool:
        return self.answers > 1 and not self.agreed


class GoalStatus(Part):
    """A goal with its five levels in words, and its path so far; `reworded` after its first rating."""

    goal_id: str
    title: str
    benefit: str | None = None
    importance: Importance = 1
    baseline: Literal[-2, -1]
    levels: dict[int, str]
    ratings: tuple[Rating, ...] = ()
    reworded: bool = False

    @property
    def now(self) -> Rating | None:
        return self.ratings[-1] if self.ratings else None

    @property
    def change(self) -> float | None:
        return self.now.level - self.baseline if self.now else None

    @property
    def met(self) -> bool:
        return self.now is not None and is_met(self.now.level)


class TScore(Part):
    """The T-scores of the goals that were rated, before and now, unrounded."""

    baseline: float
    now: float
    change: float
    scored: int
    total: int
    averaged: bool


class BenefitPoint(Part):
    phase: Phase
    mean: float
    answers: int


class BenefitChange(Part):
    """The mean change of those who answered in both rounds; not the difference of the two means."""

    since: Phase
    until: Phase
    mean: float
    answers: int


class BenefitStatus(Part):
    """How a benefit was rated, from 1 to 5, in the rounds that may be told."""

    benefit: str
    label: str
    points: tuple[BenefitPoint, ...] = ()
    change: BenefitChange | None = None

    def point(self, phase: Phase) -> BenefitPoint | None:
        return next((point for point in self.points if point.phase == phase), None)


class Response(Part):
    """How many answered a round, by the day it closed or is due."""

    phase: Phase
    on: date
    answered: int
    invited: int
    open: bool = False


# -- what is left to do -----------------------------------------------------------------------------------


class Action(Part):
    """Something agreed to be done between meetings (välitehtävä)."""

    text: str
    agreed_on: date
    due: date | None = None


class Chore(StrEnum):
    """What a supervisor can be waited for, the most pressing first."""

    attendance = "attendance"
    summary = "summary"
    round = "round"
    release = "release"
    review = "review"
    goals = "goals"
    next_session = "next_session"


class Awaiting(Part):
    """Something that waits for the supervisor: which meeting, which round, how many have answered."""

    chore: Chore
    on: date | None = None
    phase: Phase | None = None
    done: int = 0
    of: int = 0


# -- the three reports ------------------------------------------------------------------------------------


class Document(Part):
    first: date
    last: date
    compiled_on: date

    @property
    def period(self) -> Period:
        return Period(self.first, self.last)


class GoalReport(Document):
    """To the supervisor: one process, under its code; by the calendar, or when a round has closed (`phase`)."""

    kind: Literal["goal_report"] = "goal_report"
    code: str
    form: Form
    phase: Phase | None = None
    sessions: Sessions
    attendance: Attendance
    meetings: tuple[Meeting, ...] = ()
    next_session: AwareDatetime | None = None
    goals: tuple[GoalStatus, ...] = ()
    t_score: TScore | None = None
    benefits: tuple[BenefitStatus, ...] = ()
    responses: tuple[Response, ...] = ()
    actions: tuple[Action, ...] = ()
    awaiting: tuple[Awaiting, ...] = ()


class ProcessLine(Part):
    """One process in the overview."""

    code: str
    form: Form
    sessions: Sessions
    attendance: Attendance
    goals_met: int = 0
    t_score: TScore | None = None
    response: Response | None = None
    next_session: AwareDatetime | None = None
    open_actions: int = 0
    awaiting: tuple[Awaiting, ...] = ()


class OverviewReport(Document):
    """To the supervisor: every process of the period, those that wait for something first."""

    kind: Literal["overview_report"] = "overview_report"
    supervisor_name: str
    processes: tuple[ProcessLine, ...] = ()


class ClientReport(Document):
    """To the client: what the participants have seen and agreed to tell. Holds only what was disclosed."""

    kind: Literal["client_report"] = "client_report"
    title: str
    client_name: str
    supervisor_name: str
    supervisor_title: str | None = None
    form: Form
    status: Literal["draft", "released", "withdrawn"] = "draft"
    edition: int = 1
    released_on: date | None = None
    withdrawn_on: date | None = None
    sessions: Sessions
    meeting_days: tuple[date, ...] = ()
    participants: int
    mean_present: float | None = None
    answered: int | None = None
    """In the last round; None where they are fewer than may be told."""
    min_group_size: int
    goals: tuple[GoalStatus, ...] = ()
    goal_titles: tuple[str, ...] = ()
    """What was aimed at, instead of `goals` where nothing may be told of how far it was reached."""
    t_score: TScore | None = None
    benefits: tuple[BenefitStatus, ...] = ()
    some_withheld: bool = False
    """Some number is left out because it could betray somebody together with another one."""
    words: tuple[str, ...] = ()
    """The text that the participants approved, by paragraphs."""

    @property
    def tells_figures(self) -> bool:
        return any(goal.ratings for goal in self.goals) or any(benefit.points for benefit in self.benefits)


Report = Annotated[GoalReport | OverviewReport | ClientReport, Field(discriminator="kind")]
