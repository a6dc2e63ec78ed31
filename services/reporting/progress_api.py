"""How a process is coming along, over HTTP: for its supervisor, never for the client."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.events.catalogue import Form, Phase
from services.reporting import attainment, audit, dossiers, reports
from services.reporting.documents import BenefitStatus, GoalStatus, Response
from services.web.tokens import Reader
from services.web.transactions import Db, Now, RecordedRoute

router = APIRouter(prefix="/api/v1", tags=["progress"], route_class=RecordedRoute)


class GoalProgress(BaseModel):
    """From the baseline to the level that was rated last: agreed by the group, or the mean of `answers` ratings."""

    goal_id: UUID
    title: str
    benefit: str | None
    importance: int
    baseline: int
    level: float | None = None
    change: float | None = None
    phase: Phase | None = None
    on: date | None = None
    answers: int = 0
    agreed: bool = False
    words: str | None = None


class TScore(BaseModel):
    """The T-scores of the goals that have been rated; 50 is the expected result."""

    baseline: float
    now: float
    change: float
    scored: int
    total: int
    averaged: bool


class Progress(BaseModel):
    """What is known so far, open rounds included. `answered` and `invited` are those of the newest round."""

    process_id: UUID
    code: str
    form: Form
    goals: list[GoalProgress]
    t_score: TScore | None
    benefits: list[BenefitStatus]
    answered: int
    invited: int
    rounds: list[Response]


@router.get("/processes/{process_id}/progress")
def show_progress(db: Db, now: Now, who: Reader, process_id: UUID) -> Progress:
    process = reports.process(db, who, process_id)
    audit.note_of(db, now, who.credential, "progress.read", f"process/{process.process_id}")
    dossier = dossiers.get(db, process_id)
    goals = attainment.goal_statuses(dossier)
    t, rounds = attainment.t_score(goals), attainment.responses(dossier)
    return Progress(
        process_id=process_id,
        code=process.code,
        form=process.form,
        goals=[_goal(goal) for goal in goals],
        t_score=TScore.model_validate(t, from_attributes=True) if t else None,
        benefits=list(attainment.benefit_statuses(dossier)),
        answered=rounds[-1].answered if rounds else 0,
        invited=rounds[-1].invited if rounds else 0,
        rounds=list(rounds),
    )


def _goal(goal: GoalStatus) -> GoalProgress:
    rated = goal.now.model_dump() if goal.now else {}
    return GoalProgress(**goal.model_dump(exclude={"ratings", "levels", "reworded"}), change=goal.change, **rated)
