"""How often a supervisor gets reports, over HTTP."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlmodel import col, select

from services.database import Database
from services.reporting import planning
from services.reporting.models import Schedule
from services.reporting.periods import Cadence
from services.reporting.shapes import Wish
from services.web.problems import NotFound
from services.web.tokens import Principal, Role, Staff
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(
    prefix="/api/v1/supervisors/{supervisor_id}/report-schedule", tags=["reports"], route_class=TransactionalRoute
)


class ScheduleWish(Wish):
    cadence: Cadence


class ScheduleShown(BaseModel):
    """The next report comes at six in the morning in Helsinki, after its period has ended."""

    supervisor_id: UUID
    cadence: Cadence
    next_due_at: datetime


@router.get("")
def show(db: Db, who: Staff, supervisor_id: UUID) -> ScheduleShown:
    return _shown(find(db, who, supervisor_id))


@router.put("")
def change(db: Db, now: Now, who: Staff, supervisor_id: UUID, wish: ScheduleWish) -> ScheduleShown:
    schedule = find(db, who, supervisor_id, lock=True)
    planning.change_cadence(db, schedule, wish.cadence, now)
    return _shown(schedule)


def _shown(schedule: Schedule) -> ScheduleShown:
    return ScheduleShown(supervisor_id=schedule.supervisor_id, cadence=schedule.cadence, next_due_at=schedule.due_at)


def find(db: Database, who: Principal, supervisor_id: UUID, *, lock: bool = False) -> Schedule:
    query = select(Schedule).where(col(Schedule.supervisor_id) == supervisor_id)
    schedule = db.scalars(query.with_for_update() if lock else query).one_or_none()
    if schedule is None or (who.role is Role.supervisor and who.party_id != supervisor_id):
        raise NotFound
    return schedule
