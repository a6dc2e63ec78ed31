"""The progress of a process over HTTP: for its supervisor, never for the client."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.events.catalogue import Form, Phase
from services.reporting import audit
from services.reporting.contents import attainment
from services.reporting.contents.documents import BenefitStatus, GoalStatus, RoundResponse
from services.reporting.projections import process_data
from services.reporting.workflow import reports
from services.web.security.tokens import Reader
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


class TScorePublic(BaseModel):
    """The T-scores of the goals that have been rated; 50 is the expected result."""

    baseline: float
    now: float
    change: float
    scored: int
    total: int
    averaged: bool


class ProcessProgress(BaseModel):
    """What is known so far, open rounds included. `answered` and `invited` are those of the newest round."""

    process_id: UUID
    code: str
    form: Form
    goals: list[GoalProgress]
    t_score: TScorePublic | None
    benefits: list[BenefitStatus]
    answered: int
    invited: int
    rounds: list[RoundResponse]


@router.get("/processes/{process_id}/progress")
def show_progress(db: Db, now: Now, who: Reader, process_id: UUID) -> ProcessProgress:
    process = reports.find_visible_process(db, who, process_id)
    audit.note(db, now, "progress.read", f"process/{process.process_id}")
    data = process_data.load_process_data(db, process_id)
    goals = attainment.goal_statuses(data)
    t, rounds = attainment.t_score_of_goals(goals), attainment.round_responses(data)
    return ProcessProgress(
        process_id=process_id,
        code=process.code,
        form=process.form,
        goals=[_goal_progress(goal) for goal in goals],
        t_score=TScorePublic.model_validate(t, from_attributes=True) if t else None,
        benefits=list(attainment.benefit_statuses(data)),
        answered=rounds[-1].answered if rounds else 0,
        invited=rounds[-1].invited if rounds else 0,
        rounds=list(rounds),
    )


def _goal_progress(goal: GoalStatus) -> GoalProgress:
    rated = goal.now.model_dump() if goal.now else {}
    return GoalProgress(**goal.model_dump(exclude={"ratings", "levels", "reworded"}), change=goal.change, **rated)
