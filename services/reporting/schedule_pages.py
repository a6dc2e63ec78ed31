"""The page on which a supervisor says how often reports come by themselves."""

from collections.abc import Mapping

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.reporting import planning, words
from services.reporting.models import Schedule
from services.reporting.pages import pages
from services.reporting.schedules_api import ScheduleWish, find
from services.reporting.visiting import Supervising
from services.web.forms import Typed, filled_in, reasons
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.translation import word
from services.web.visitors import Visitor, redirect

router = APIRouter(prefix="/raportit/aikataulu", route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show(db: Db, visitor: Supervising, tehty: str = "") -> Response:
    return _page(visitor, find(db, visitor.principal, visitor.party_id), done=tehty)


@router.post("")
def change(db: Db, now: Now, visitor: Supervising, typed: Typed) -> Response:
    schedule = find(db, visitor.principal, visitor.party_id, lock=True)
    try:
        wish = ScheduleWish.model_validate(filled_in(typed, ("cadence",)))
    except ValidationError as refused:
        return _page(visitor, schedule, 422, typed=typed, wrong=reasons(refused))
    planning.change_cadence(db, schedule, wish.cadence, now)
    return redirect("/raportit/aikataulu", tehty="tallennettu")


def _page(
    visitor: Visitor,
    schedule: Schedule,
    status: int = 200,
    *,
    done: str = "",
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    return pages.show(
        "report_schedule.html",
        status,
        visitor=visitor,
        cadences=[(cadence.value, word(told)) for cadence, told in words.CADENCES.items()],
        schedule=schedule,
        done=done,
        typed=typed or {"cadence": schedule.cadence.value},
        wrong=wrong or {},
    )
