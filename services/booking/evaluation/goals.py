"""Goals of a process. A changed goal gets a new wording, so that earlier ratings keep the words they were given for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, NamedTuple, Self
from uuid import UUID

from pydantic import AfterValidator, AliasChoices, Field, StringConstraints
from sqlmodel import col, select

from services.booking.evaluation import events
from services.booking.evaluation.goal_hints import LEVEL_NAMES, DescribedGoal, hints_for_all_goals, hints_for_goal
from services.booking.models.evaluation import AgreedGoals, Goal, GoalWording
from services.booking.models.people import Process
from services.booking.supervision import processes
from services.booking.supervision.benefits import BenefitId
from services.core.database import Database
from services.events.outbox import forget_subject, stage
from services.web.errors.validation import WrongValue, invalid
from services.web.protocol.etags import IfMatch, etag
from services.web.protocol.fields import Line, RequestBody, several_lines

MAX_GOALS = 10

LevelId = Literal["-2", "-1", "0", "1", "2"]
LEVEL_IDS: tuple[LevelId, ...] = ("-2", "-1", "0", "1", "2")
LevelDescription = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(several_lines)]


def check_levels(levels: dict[LevelId, LevelDescription]) -> dict[LevelId, LevelDescription]:
    missing = [LEVEL_NAMES[int(level)] for level in LEVEL_IDS if level not in levels]
    if missing:
        listed = ", ".join(missing)
        raise WrongValue(
            f"Kuvaa jokainen viidestä tasosta; puuttuu {listed}.", f"Describe all five levels; {listed} is missing."
        )
    if len({" ".join(words.split()).casefold() for words in levels.values()}) < len(LEVEL_IDS):
        raise WrongValue("Kuvaa jokainen taso eri sanoin.", "Describe each level in different words.")
    return levels


GoalLevels = Annotated[dict[LevelId, LevelDescription], AfterValidator(check_levels)]


class GoalCreate(RequestBody):
    """A goal with its five described levels. One that has the title of an earlier one is the same goal."""

    id: UUID | None = Field(default=None, validation_alias=AliasChoices("id", "goal_id"))
    title: Line
    benefit: BenefitId | None = None
    levels: GoalLevels
    importance: Annotated[int, Field(ge=1, le=3)] = 1
    baseline: Literal[-2, -1] = -1


GoalsCreate = Annotated[list[GoalCreate], Field(min_length=1, max_length=MAX_GOALS)]


class GoalContent(NamedTuple):
    """Everything in a goal that can change, with the levels from −2 to +2."""

    title: str
    benefit: str | None
    levels: list[str]
    importance: int
    baseline: int

    @classmethod
    def from_request(cls, goal: GoalCreate) -> Self:
        levels = [goal.levels[level] for level in LEVEL_IDS]
        return cls(goal.title, goal.benefit, levels, goal.importance, goal.baseline)

    @classmethod
    def from_wording(cls, wording: GoalWording) -> Self:
        return cls(wording.title, wording.benefit, wording.levels, wording.importance, wording.baseline)


class WordedGoal(NamedTuple):
    """A goal in one of its wordings."""

    goal: Goal
    wording: GoalWording


class ProcessGoals(NamedTuple):
    """The current goals of a process in their order, and every earlier wording."""

    agreed: AgreedGoals | None
    current: Sequence[WordedGoal]
    earlier: Sequence[WordedGoal]

    @property
    def version(self) -> int:
        return self.agreed.version if self.agreed else 0


def load_goals(db: Database, process_id: UUID) -> ProcessGoals:
    query = select(Goal, GoalWording).join(GoalWording, col(GoalWording.goal_id) == Goal.id)
    rows = db.execute(query.where(Goal.process_id == process_id).order_by(col(Goal.position), col(GoalWording.since)))
    wordings = [WordedGoal(*row) for row in rows]
    newest = {worded.goal.id: worded for worded in wordings if worded.goal.dropped_at is None}
    earlier = [worded for worded in wordings if newest.get(worded.goal.id) != worded]
    return ProcessGoals(db.get(AgreedGoals, process_id), list(newest.values()), earlier)


class EarlierGoals(NamedTuple):
    """The current goals of another process."""

    process: Process
    wordings: Sequence[GoalWording]


MOST_EARLIER = 20


def list_earlier_goals(db: Database, process: Process) -> list[EarlierGoals]:
    """Those of the same supervisor's other processes, the newest first: what new goals can begin with."""
    others = (
        select(Process)
        .where(Process.supervisor_id == process.supervisor_id, Process.id != process.id)
        .where(col(Process.id).in_(select(Goal.process_id).where(col(Goal.dropped_at).is_(None))))
        .order_by(col(Process.opened_at).desc(), col(Process.id))
        .limit(MOST_EARLIER)
    )
    found = db.scalars(others).all()
    of_process: dict[UUID, dict[UUID, GoalWording]] = {one.id: {} for one in found}
    query = select(Goal, GoalWording).join(GoalWording, col(GoalWording.goal_id) == Goal.id)
    query = query.where(col(Goal.process_id).in_(of_process), col(Goal.dropped_at).is_(None))
    for goal, wording in db.execute(query.order_by(col(Goal.position), col(GoalWording.since))):
        of_process[goal.process_id][goal.id] = wording
    return [EarlierGoals(one, list(of_process[one.id].values())) for one in found]


def agree_goals(
    db: Database, process: Process, requested: Sequence[GoalCreate], match: IfMatch, now: datetime
) -> ProcessGoals:
    """Agree on goals for the first time or anew. The caller holds the lock on the process's row."""
    processes.ensure_process_open(process)
    before = load_goals(db, process.id)
    if before.agreed:
        match.check(etag(before.version))
    matched = zip(requested, _match_goals(requested, before), strict=True)
    wanted = [(goal.id if goal else None, GoalContent.from_request(one)) for one, goal in matched]
    if wanted == [(worded.goal.id, GoalContent.from_wording(worded.wording)) for worded in before.current]:
        return before
    agreed = _write(db, process.id, before, wanted, now)
    after = load_goals(db, process.id)
    stage(db, "booking", now, [events.goals_event(agreed, after.current, after.earlier)])
    return after


FORGOTTEN = "Poistettu"


def forget_goals(db: Database, process_id: UUID, now: datetime) -> None:
    """Take the words out of all goals of a process, here and from what was told of them; their figures stay."""
    standing = load_goals(db, process_id)
    if standing.agreed is None:
        return
    for goal, wording in (*standing.current, *standing.earlier):
        wording.title = f"{FORGOTTEN} {goal.position + 1}"
        wording.levels = [f"{FORGOTTEN} {level}" for level in LEVEL_IDS]
    standing.agreed.version += 1
    db.flush()
    event = events.goals_event(standing.agreed, standing.current, standing.earlier)
    forget_subject(db, event.aggregate)
    stage(db, "booking", now, [event])


def _match_goals(requested: Sequence[GoalCreate], before: ProcessGoals) -> list[Goal | None]:
    """The existing goal that each one means: by its id, else by its title, preferring one that is still current."""
    newest = {worded.goal.id: worded for worded in (*before.earlier, *before.current)}
    titled = {_normalised(wording.title): goal for goal, wording in newest.values() if goal.dropped_at}
    titled |= {_normalised(wording.title): goal for goal, wording in before.current}
    named = {one.id for one in requested if one.id}
    recognised: list[Goal | None] = []
    for index, one in enumerate(requested):
        namesake = titled.get(_normalised(one.title))
        if one.id and one.id not in newest:
            raise invalid(f"{index}.id", "Prosessilla ei ole tällaista tavoitetta.", "This process has no such goal.")
        if one.id:
            recognised.append(newest[one.id].goal)
        else:
            recognised.append(namesake if namesake and namesake.id not in named else None)
    _ensure_different(requested, recognised)
    return recognised


def _ensure_different(requested: Sequence[GoalCreate], recognised: Sequence[Goal | None]) -> None:
    titles = [_normalised(one.title) for one in requested]
    for index, (title, goal) in enumerate(zip(titles, recognised, strict=True)):
        if title in titles[:index] or (goal and goal in recognised[:index]):
            raise invalid(f"{index}.title", "Tavoite on mainittu kahdesti.", "A goal is named twice.")


def _write(
    db: Database,
    process_id: UUID,
    before: ProcessGoals,
    wanted: Sequence[tuple[UUID | None, GoalContent]],
    now: datetime,
) -> AgreedGoals:
    agreed = before.agreed or AgreedGoals(process_id=process_id, version=0)
    agreed.version, agreed.agreed_at = agreed.version + 1, now
    db.add(agreed)
    known = {worded.goal.id: worded.goal for worded in (*before.earlier, *before.current)}
    current = {worded.goal.id: GoalContent.from_wording(worded.wording) for worded in before.current}
    for position, (goal_id, words) in enumerate(wanted):
        goal = known.pop(goal_id) if goal_id else Goal(process_id=process_id, position=position)
        goal.position, goal.dropped_at = position, None
        db.add(goal)
        db.flush()
        if current.get(goal.id) != words:
            db.add(GoalWording(goal_id=goal.id, since=agreed.version, agreed_at=now, **words._asdict()))
    for goal in known.values():
        goal.dropped_at = goal.dropped_at or now
    db.flush()
    return agreed


def _normalised(title: str) -> str:
    return " ".join(title.split()).casefold()


def describe_goal(worded: WordedGoal) -> DescribedGoal:
    levels = {int(level): words for level, words in zip(LEVEL_IDS, worded.wording.levels, strict=True)}
    return DescribedGoal(worded.wording.title, levels)


class ProcessGoalHints(NamedTuple):
    """What would make goals better: each of them, and all of them together."""

    of_goal: dict[UUID, list[str]]
    of_all: list[str]


def hints_for_process_goals(goals: ProcessGoals) -> ProcessGoalHints:
    described = {worded.goal.id: describe_goal(worded) for worded in goals.current}
    each = {goal_id: hints for goal_id, goal in described.items() if (hints := hints_for_goal(goal))}
    return ProcessGoalHints(each, hints_for_all_goals([*described.values()]) if described else [])
