"""The page to choose how often reports are compiled automatically."""

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.reporting.contents import wording
from services.reporting.models import Schedule
from services.reporting.pages.site import DoneQuery, LoggedInSupervisor, pages
from services.reporting.workflow import schedule as workflow_schedule
from services.reporting.workflow.schedule import ScheduleUpdate, find_schedule
from services.web.i18n.translation import word
from services.web.pages.forms import Fields, Refused, Typed, filled_in, reasons, status_of
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/raportit/aikataulu", route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_schedule_page(db: Db, visitor: LoggedInSupervisor, done: DoneQuery = "") -> Response:
    return _page(visitor, find_schedule(db, visitor.principal, visitor.party_id), done=done)


@router.post("")
def submit_schedule(db: Db, now: Now, visitor: LoggedInSupervisor, typed: Typed) -> Response:
    schedule = find_schedule(db, visitor.principal, visitor.party_id, lock=True)
    try:
        wanted = ScheduleUpdate.model_validate(filled_in(typed, ("cadence",)))
    except ValidationError as refused:
        return _page(visitor, schedule, typed, refused)
    workflow_schedule.change_cadence(db, schedule, wanted.cadence, now)
    return redirect("/raportit/aikataulu", tehty="tallennettu")


def _page(
    visitor: Visitor, schedule: Schedule, typed: Fields | None = None, refused: Refused | None = None, done: str = ""
) -> Response:
    return pages.show(
        "report_schedule.html",
        status_of(refused),
        visitor=visitor,
        cadences=[(cadence.value, word(label)) for cadence, label in wording.CADENCES.items()],
        schedule=schedule,
        done=done,
        typed=typed or {"cadence": schedule.cadence.value},
        wrong=reasons(refused),
    )
