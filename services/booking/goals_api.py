"""Goals over HTTP, and the benefits that a process can be followed by."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.booking import access, audit, benefits, goals, rounds_due
from services.booking.confidence import Insider
from services.booking.goals import LEVELS, GoalWishes, LevelId, Standing, Worded
from services.booking.parties_api import Configured
from services.booking.supervision import ProcessIsClosed
from services.events.catalogue import Form
from services.web import etags
from services.web.etags import Match
from services.web.problems import documented
from services.web.tokens import Reader
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["goals"])


class GoalShown(BaseModel):
    id: UUID
    title: str
    benefit: str | None
    levels: dict[LevelId, str]
    importance: int
    baseline: int


class GoalHints(BaseModel):
    """What would make one goal easier to rate, in Finnish; of all goals together where none is named."""

    goal_id: UUID | None
    hints: list[str]


class GoalsShown(BaseModel):
    """Goals as they are agreed now. They can be changed and put back as they are here."""

    process_id: UUID
    version: int
    agreed_at: datetime | None
    goals: list[GoalShown]
    hints: list[GoalHints]


class BenefitShown(BaseModel):
    id: str
    label: str
    statement: str


def _goal(worded: Worded) -> GoalShown:
    wording = worded.wording
    levels = dict(zip(LEVELS, wording.levels, strict=True))
    return GoalShown(**wording.model_dump(exclude={"levels"}), id=worded.goal.id, levels=levels)


def _shown(process_id: UUID, standing: Standing) -> GoalsShown:
    hints = goals.hints_for(standing)
    each = [GoalHints(goal_id=goal_id, hints=told) for goal_id, told in hints.of_goal.items()]
    together = [GoalHints(goal_id=None, hints=hints.of_all)] if hints.of_all else []
    return GoalsShown(
        process_id=process_id,
        version=standing.version,
        agreed_at=standing.agreed.agreed_at if standing.agreed else None,
        goals=[_goal(worded) for worded in standing.current],
        hints=each + together,
    )


@router.get("/processes/{process_id}/goals")
def show_goals(db: Db, who: Insider, process_id: UUID, response: Response) -> GoalsShown:
    """Goals are the participants' own; a client learns of them by a report that the participants have seen."""
    process = access.process(db, who, process_id)
    standing = goals.standing(db, process.id)
    response.headers["ETag"] = etags.tag(standing.version)
    return _shown(process.id, standing)


@router.put("/processes/{process_id}/goals", responses=documented(ProcessIsClosed))
def agree_goals(
    db: Db,
    now: Now,
    who: Insider,
    settings: Configured,
    process_id: UUID,
    wishes: GoalWishes,
    match: Match,
    response: Response,
) -> GoalsShown:
    """Agree on goals. The first time this opens the start round, and takes no If-Match."""
    process = access.process(db, who, process_id, lock=True)
    standing = goals.agree(db, process, wishes, match, now)
    rounds_due.open_what_is_due(db, settings.link_key, process, now)
    audit.note(db, now, who.credential, "goals.agreed", f"process/{process.id}")
    response.headers["ETag"] = etags.tag(standing.version)
    return _shown(process.id, standing)


@router.get("/benefits")
def list_benefits(who: Reader, form: Form | None = None) -> list[BenefitShown]:
    """The benefits to choose from, at most five a process; for one person not those that take others to rate."""
    offered = benefits.offered(form) if form else benefits.BENEFITS
    return [BenefitShown(id=id_, **benefits.BENEFITS[id_]._asdict()) for id_ in offered]
