"""Goals of a process, as its people agreed them. A changed goal is a new wording: what was rated keeps its words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, AliasChoices, Field, StringConstraints
from sqlmodel import col, select

from services.booking import supervision
from services.booking.benefits import BenefitId
from services.booking.evaluation_models import AgreedGoals, Goal, GoalWording
from services.booking.goal_hints import LEVEL_NAMES, Described, hints, hints_of_all
from services.booking.models import Process
from services.booking.shapes import Line, Wish, several_lines
from services.database import Database
from services.events import catalogue
from services.events.catalogue import GoalsAgreed
from services.events.outbox import stage
from services.web.etags import IfMatch, tag
from services.web.validation import Wrong, invalid

MOST = 10

LevelId = Literal["-2", "-1", "0", "1", "2"]
LEVELS: tuple[LevelId, ...] = ("-2", "-1", "0", "1", "2")
Description = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(several_lines)]


def five_different(levels: dict[LevelId, Description]) -> dict[LevelId, Description]:
    missing = [LEVEL_NAMES[int(level)] for level in LEVELS if level not in levels]
    if missing:
        told = ", ".join(missing)
        raise Wrong(
            f"Kuvaa jokainen viidestä tasosta; puuttuu {told}.", f"Describe all five levels; {told} is missing."
        )
    if len({" ".join(words.split()).casefold() for words in levels.values()}) < len(LEVELS):
        raise Wrong("Kuvaa jokainen taso eri sanoin.", "Describe each level in other words.")
    return levels


Levels = Annotated[dict[LevelId, Description], AfterValidator(five_different)]


class GoalWish(Wish):
    """A goal with its five described levels. One that has the title of an earlier one is the same goal."""

    id: UUID | None = Field(default=None, validation_alias=AliasChoices("id", "goal_id"))
    title: Line
    benefit: BenefitId | None = None
    levels: Levels
    importance: Annotated[int, Field(ge=1, le=3)] = 1
    baseline: Literal[-2, -1] = -1


GoalWishes = Annotated[list[GoalWish], Field(min_length=1, max_length=MOST)]


class Words(NamedTuple):
    """All that can change of a goal, the levels from −2 to +2."""

    title: str
    benefit: str | None
    levels: list[str]
    importance: int
    baseline: int

    @classmethod
    def wished(cls, wish: GoalWish) -> "Words":
        levels = [wish.levels[level] for level in LEVELS]
        return cls(wish.title, wish.benefit, levels, wish.importance, wish.baseline)

    @classmethod
    def agreed(cls, wording: GoalWording) -> "Words":
        return cls(wording.title, wording.benefit, wording.levels, wording.importance, wording.baseline)


class Worded(NamedTuple):
    """A goal in one of its wordings."""

    goal: Goal
    wording: GoalWording


class Standing(NamedTuple):
    """The goals of a process as they stand, in their order, and every wording that has been given up."""

    agreed: AgreedGoals | None
    current: Sequence[Worded]
    earlier: Sequence[Worded]

    @property
    def version(self) -> int:
        return self.agreed.version if self.agreed else 0


def standing(db: Database, process_id: UUID) -> Standing:
    query = select(Goal, GoalWording).join(GoalWording, col(GoalWording.goal_id) == Goal.id)
    rows = db.execute(query.where(Goal.process_id == process_id).order_by(col(Goal.position), col(GoalWording.since)))
    wordings = [Worded(*row) for row in rows]
    newest = {worded.goal.id: worded for worded in wordings if worded.goal.dropped_at is None}
    earlier = [worded for worded in wordings if newest.get(worded.goal.id) != worded]
    return Standing(db.get(AgreedGoals, process_id), list(newest.values()), earlier)


def agree(db: Database, process: Process, wishes: Sequence[GoalWish], match: IfMatch, now: datetime) -> Standing:
    """Agree on goals for the first time or anew. The caller holds the lock on the process's row."""
    supervision.ensure_open(process)
    before = standing(db, process.id)
    if before.agreed:
        match.check(tag(before.version))
    goals = _recognised(wishes, before)
    wanted = [(goal.id if goal else None, Words.wished(wish)) for wish, goal in zip(wishes, goals, strict=True)]
    if wanted == [(worded.goal.id, Words.agreed(worded.wording)) for worded in before.current]:
        return before
    agreed = _write(db, process.id, before, wanted, now)
    after = standing(db, process.id)
    stage(db, "booking", now, [event(agreed, after)])
    return after


def _recognised(wishes: Sequence[GoalWish], before: Standing) -> list[Goal | None]:
    """The goal that each wish is about: the one it names, else one of the same title, rather one that still holds."""
    newest = {worded.goal.id: worded for worded in (*before.earlier, *before.current)}
    titled = {_plain(wording.title): goal for goal, wording in newest.values() if goal.dropped_at}
    titled |= {_plain(wording.title): goal for goal, wording in before.current}
    named = {wish.id for wish in wishes if wish.id}
    recognised: list[Goal | None] = []
    for index, wish in enumerate(wishes):
        namesake = titled.get(_plain(wish.title))
        if wish.id and wish.id not in newest:
            raise invalid(f"{index}.id", "Prosessilla ei ole tällaista tavoitetta.", "This process has no such goal.")
        if wish.id:
            recognised.append(newest[wish.id].goal)
        else:
            recognised.append(namesake if namesake and namesake.id not in named else None)
    _ensure_different(wishes, recognised)
    return recognised


def _ensure_different(wishes: Sequence[GoalWish], recognised: Sequence[Goal | None]) -> None:
    titles = [_plain(wish.title) for wish in wishes]
    for index, (title, goal) in enumerate(zip(titles, recognised, strict=True)):
        if title in titles[:index] or (goal and goal in recognised[:index]):
            raise invalid(f"{index}.title", "Tavoite on mainittu kahdesti.", "A goal is named twice.")


def _write(
    db: Database, process_id: UUID, before: Standing, wanted: Sequence[tuple[UUID | None, Words]], now: datetime
) -> AgreedGoals:
    agreed = before.agreed or AgreedGoals(process_id=process_id, version=0)
    agreed.version, agreed.agreed_at = agreed.version + 1, now
    db.add(agreed)
    known = {worded.goal.id: worded.goal for worded in (*before.earlier, *before.current)}
    holding = {worded.goal.id: Words.agreed(worded.wording) for worded in before.current}
    for position, (goal_id, words) in enumerate(wanted):
        goal = known.pop(goal_id) if goal_id else Goal(process_id=process_id, position=position)
        goal.position, goal.dropped_at = position, None
        db.add(goal)
        db.flush()
        if holding.get(goal.id) != words:
            db.add(GoalWording(goal_id=goal.id, since=agreed.version, agreed_at=now, **words._asdict()))
    for goal in known.values():
        goal.dropped_at = goal.dropped_at or now
    db.flush()
    return agreed


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


# -- what others are told ---------------------------------------------------------------------------------


def event(agreed: AgreedGoals, goals: Standing) -> GoalsAgreed:
    return GoalsAgreed(
        version=agreed.version,
        process_id=agreed.process_id,
        goals=tuple(map(_told, goals.current)),
        earlier=tuple(map(_told, goals.earlier)),
        agreed_at=agreed.agreed_at,
    )


def _told(worded: Worded) -> catalogue.Goal:
    wording = worded.wording
    return catalogue.Goal(
        goal_id=worded.goal.id,
        title=wording.title,
        benefit=wording.benefit,
        levels=dict(zip(LEVELS, wording.levels, strict=True)),
        importance=wording.importance,
        baseline=-2 if wording.baseline == -2 else -1,
        since=wording.since,
    )


def described(worded: Worded) -> Described:
    levels = {int(level): words for level, words in zip(LEVELS, worded.wording.levels, strict=True)}
    return Described(worded.wording.title, levels)


class Hints(NamedTuple):
    """What would make goals better: each of them, and all of them together."""

    of_goal: dict[UUID, list[str]]
    of_all: list[str]


def hints_for(goals: Standing) -> Hints:
    each = {worded.goal.id: hints(described(worded)) for worded in goals.current}
    told = {goal_id: found for goal_id, found in each.items() if found}
    return Hints(told, hints_of_all([described(worded) for worded in goals.current]) if goals.current else [])
