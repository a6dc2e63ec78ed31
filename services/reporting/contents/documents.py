"""The content of reports as data: figures and a few texts. Every format is rendered from it.

A document is stored as it was compiled, so that a report read again years later says what it said then.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.events.catalogue import Form, Phase
from services.reporting.contents.gas import is_met
from services.reporting.periods import Period


class ReportPart(BaseModel):
    model_config = ConfigDict(frozen=True)


# -- meetings ---------------------------------------------------------------------------------------------


class SessionCounts(ReportPart):
    """Meetings in the period, and of the whole process up to its end."""

    held: int
    cancelled: int = 0
    held_in_all: int
    planned_in_all: int


class AttendanceCounts(ReportPart):
    """Places at the meetings held in the period, and how they were taken."""

    present: int
    excused: int = 0
    no_shows: int = 0

    @property
    def percent(self) -> float | None:
        places = self.present + self.excused + self.no_shows
        return 100 * self.present / places if places else None


class SessionLine(ReportPart):
    """One meeting; nobody is named, only counted."""

    number: int
    starts_at: AwareDatetime
    status: Literal["booked", "held", "cancelled"]
    present: int | None = None
    expected: int | None = None


# -- goals and benefits -----------------------------------------------------------------------------------


Importance = Literal[1, 2, 3]


class Rating(ReportPart):
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


class GoalStatus(ReportPart):
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


class TScore(ReportPart):
    """The T-scores of the goals that were rated, before and now, unrounded."""

    baseline: float
    now: float
    change: float
    scored: int
    total: int
    averaged: bool


class BenefitPoint(ReportPart):
    phase: Phase
    mean: float
    answers: int


class BenefitChange(ReportPart):
    """The mean change of those who answered in both rounds; not the difference of the two means."""

    since: Phase
    until: Phase
    mean: float
    answers: int


class BenefitStatus(ReportPart):
    """How a benefit was rated, from 1 to 5, in the rounds that may be shown."""

    benefit: str
    label: str
    points: tuple[BenefitPoint, ...] = ()
    change: BenefitChange | None = None

    def point(self, phase: Phase) -> BenefitPoint | None:
        return next((point for point in self.points if point.phase == phase), None)


class RoundResponse(ReportPart):
    """How many answered a round, by the day it closed or is due."""

    phase: Phase
    on: date
    answered: int
    invited: int
    open: bool = False


# -- what is left to do -----------------------------------------------------------------------------------


class ActionLine(ReportPart):
    """Something agreed to be done between meetings (välitehtävä)."""

    text: str
    agreed_on: date
    due: date | None = None


class ToDoKind(StrEnum):
    """What a supervisor may have to do, the most urgent first."""

    attendance = "attendance"
    summary = "summary"
    round = "round"
    release = "release"
    review = "review"
    goals = "goals"
    next_session = "next_session"


class ToDoItem(ReportPart):
    """One thing for the supervisor to do: about which session or round, and how many have answered."""

    chore: ToDoKind
    on: date | None = None
    phase: Phase | None = None
    done: int = 0
    of: int = 0


# -- the three reports ------------------------------------------------------------------------------------


class ReportDocument(ReportPart):
    first: date
    last: date
    compiled_on: date

    @property
    def period(self) -> Period:
        return Period(self.first, self.last)


class GoalReport(ReportDocument):
    """To the supervisor: one process, under its code; by the calendar, or when a round has closed (`phase`)."""

    kind: Literal["goal_report"] = "goal_report"
    code: str
    form: Form
    phase: Phase | None = None
    sessions: SessionCounts
    attendance: AttendanceCounts
    meetings: tuple[SessionLine, ...] = ()
    next_session: AwareDatetime | None = None
    goals: tuple[GoalStatus, ...] = ()
    t_score: TScore | None = None
    benefits: tuple[BenefitStatus, ...] = ()
    responses: tuple[RoundResponse, ...] = ()
    actions: tuple[ActionLine, ...] = ()
    awaiting: tuple[ToDoItem, ...] = ()


class ProcessLine(ReportPart):
    """One process in the overview."""

    code: str
    form: Form
    sessions: SessionCounts
    attendance: AttendanceCounts
    goals_met: int = 0
    t_score: TScore | None = None
    response: RoundResponse | None = None
    next_session: AwareDatetime | None = None
    open_actions: int = 0
    awaiting: tuple[ToDoItem, ...] = ()


class OverviewReport(ReportDocument):
    """To the supervisor: every process of the period, those with something to do first."""

    kind: Literal["overview_report"] = "overview_report"
    supervisor_name: str
    processes: tuple[ProcessLine, ...] = ()


class ClientReport(ReportDocument):
    """To the client: what the participants have reviewed and approved. Holds only what may be disclosed."""

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
    sessions: SessionCounts
    meeting_days: tuple[date, ...] = ()
    participants: int
    mean_present: float | None = None
    answered: int | None = None
    """In the last round; None where they are fewer than may be shown."""
    before_final: bool = False
    """No final round has been closed by the end of the period, so that the report says how far it has come."""
    min_group_size: int
    goals: tuple[GoalStatus, ...] = ()
    goal_titles: tuple[str, ...] = ()
    """Instead of `goals`, where their attainment may not be shown."""
    t_score: TScore | None = None
    benefits: tuple[BenefitStatus, ...] = ()
    some_withheld: bool = False
    """Some figure is withheld because combined with another it could reveal one person's answer."""
    words: tuple[str, ...] = ()
    """The text that the participants approved, by paragraphs."""

    @property
    def tells_figures(self) -> bool:
        return any(goal.ratings for goal in self.goals) or any(benefit.points for benefit in self.benefits)

    def without_attainment(self) -> Self:
        """The same with the titles of the goals instead of how far they were reached."""
        titles = self.goal_titles or tuple(goal.title for goal in self.goals)
        return self.model_copy(update={"goals": (), "goal_titles": titles, "t_score": None})


AnyReport = Annotated[GoalReport | OverviewReport | ClientReport, Field(discriminator="kind")]
