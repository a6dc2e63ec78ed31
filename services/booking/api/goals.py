"""The API of goals, and of the benefits to choose from."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.booking.dependencies import Configured, StaffOrNotFound
from services.booking.evaluation import goals, round_jobs
from services.booking.evaluation.goals import LEVEL_IDS, GoalsCreate, LevelId, ProcessGoals, WordedGoal
from services.booking.security import audit, permissions
from services.booking.supervision import benefits
from services.booking.supervision.processes import ProcessIsClosed
from services.events.catalogue import Form
from services.web.errors.problems import documented
from services.web.protocol import etags
from services.web.protocol.etags import Match
from services.web.security.tokens import Reader
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["goals"])


class GoalPublic(BaseModel):
    id: UUID
    title: str
    benefit: str | None
    levels: dict[LevelId, str]
    importance: int
    baseline: int


class GoalHints(BaseModel):
    """Hints in Finnish that make a goal easier to rate; without a goal, about all of them together."""

    goal_id: UUID | None
    hints: list[str]


class GoalsPublic(BaseModel):
    """The goals as agreed now. The same list can be changed and sent by PUT."""

    process_id: UUID
    version: int
    agreed_at: datetime | None
    goals: list[GoalPublic]
    hints: list[GoalHints]


class BenefitPublic(BaseModel):
    id: str
    label: str
    statement: str


def _goal_public(worded: WordedGoal) -> GoalPublic:
    wording = worded.wording
    levels = dict(zip(LEVEL_IDS, wording.levels, strict=True))
    return GoalPublic(**wording.model_dump(exclude={"levels"}), id=worded.goal.id, levels=levels)


def _goals_public(process_id: UUID, standing: ProcessGoals) -> GoalsPublic:
    hints = goals.hints_for_process_goals(standing)
    each = [GoalHints(goal_id=goal_id, hints=texts) for goal_id, texts in hints.of_goal.items()]
    together = [GoalHints(goal_id=None, hints=hints.of_all)] if hints.of_all else []
    return GoalsPublic(
        process_id=process_id,
        version=standing.version,
        agreed_at=standing.agreed.agreed_at if standing.agreed else None,
        goals=[_goal_public(worded) for worded in standing.current],
        hints=each + together,
    )


@router.get("/processes/{process_id}/goals")
def show_goals(db: Db, who: StaffOrNotFound, process_id: UUID, response: Response) -> GoalsPublic:
    """Not for clients: they see goals only in a report that the participants have read before."""
    process = permissions.find_process(db, who, process_id)
    standing = goals.load_goals(db, process.id)
    response.headers["ETag"] = etags.etag(standing.version)
    return _goals_public(process.id, standing)


@router.put("/processes/{process_id}/goals", responses=documented(ProcessIsClosed))
def agree_goals(
    db: Db,
    now: Now,
    who: StaffOrNotFound,
    settings: Configured,
    process_id: UUID,
    wanted: GoalsCreate,
    match: Match,
    response: Response,
) -> GoalsPublic:
    """Agree on goals. The first time this opens the start round, and takes no If-Match."""
    process = permissions.find_process(db, who, process_id, lock=True)
    standing = goals.agree_goals(db, process, wanted, match, now)
    round_jobs.open_due_round(db, settings.link_key, process, now)
    audit.note(db, now, "goals.agreed", f"process/{process.id}")
    response.headers["ETag"] = etags.etag(standing.version)
    return _goals_public(process.id, standing)


@router.get("/benefits")
def list_benefits(who: Reader, form: Form | None = None) -> list[BenefitPublic]:
    """The benefits to choose from, at most five a process. Some are not for individual supervision."""
    offered = benefits.offered_benefits(form) if form else benefits.BENEFITS
    return [BenefitPublic(id=id_, **benefits.BENEFITS[id_]._asdict()) for id_ in offered]
