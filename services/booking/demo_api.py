"""POST /demo/clock: lets a demonstration live through months in a minute. It exists in demo mode only."""

from datetime import datetime, timedelta

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services import clock
from services.booking.shapes import Wish

router = APIRouter(tags=["demo"])

LONGEST_STEP = timedelta(days=3 * 365)


class Step(Wish):
    advance_seconds: int = Field(ge=0, le=int(LONGEST_STEP.total_seconds()))


class Clock(BaseModel):
    now: datetime


@router.post("/demo/clock")
def advance(step: Step) -> Clock:
    """Move the clock of all services forward; it never goes back."""
    return Clock(now=clock.advance(step.advance_seconds))
