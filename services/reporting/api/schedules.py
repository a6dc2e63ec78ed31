"""How often a supervisor gets reports, over HTTP."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.reporting.models import Schedule
from services.reporting.periods import Cadence
from services.reporting.workflow import schedule as workflow_schedule
from services.reporting.workflow.schedule import ScheduleUpdate, find_schedule
from services.web.security.tokens import Staff
from services.web.transactions import Db, Now, TransactionalRoute

PREFIX = "/api/v1/supervisors/{supervisor_id}/report-schedule"
router = APIRouter(prefix=PREFIX, tags=["reports"], route_class=TransactionalRoute)


class SchedulePublic(BaseModel):
    """The next report comes at six in the morning in Helsinki, after its period has ended."""

    supervisor_id: UUID
    cadence: Cadence
    next_due_at: datetime


@router.get("")
def show_schedule(db: Db, who: Staff, supervisor_id: UUID) -> SchedulePublic:
    return _schedule_public(find_schedule(db, who, supervisor_id))


@router.put("")
def update_schedule(db: Db, now: Now, who: Staff, supervisor_id: UUID, wanted: ScheduleUpdate) -> SchedulePublic:
    schedule = find_schedule(db, who, supervisor_id, lock=True)
    workflow_schedule.change_cadence(db, schedule, wanted.cadence, now)
    return _schedule_public(schedule)


def _schedule_public(schedule: Schedule) -> SchedulePublic:
    return SchedulePublic(supervisor_id=schedule.supervisor_id, cadence=schedule.cadence, next_due_at=schedule.due_at)
