"""POST /demo/clock: moves the clock forward. It exists in demo mode only."""

from datetime import datetime, timedelta

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.core import clock
from services.web.protocol.fields import RequestBody

router = APIRouter(tags=["demo"])

LONGEST_STEP = timedelta(days=3 * 365)


class ClockStep(RequestBody):
    advance_seconds: int = Field(ge=0, le=int(LONGEST_STEP.total_seconds()))


class DemoClock(BaseModel):
    now: datetime


@router.post("/demo/clock")
def advance_demo_clock(step: ClockStep) -> DemoClock:
    """Move the clock of all services forward; it never goes back."""
    return DemoClock(now=clock.advance(step.advance_seconds))
