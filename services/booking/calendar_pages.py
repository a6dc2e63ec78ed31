"""The supervisor's week as a calendar."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from services.booking import week, week_grid
from services.booking.pages import pages
from services.booking.visiting import Supervising
from services.booking.week import WeekAsked
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/tyo/kalenteri", route_class=TransactionalRoute, include_in_schema=False)

A_WEEK = timedelta(days=7)


@router.get("")
def show(db: Db, now: Now, visitor: Supervising, viikko: WeekAsked = "") -> Response:
    today = week.today(now)
    shown = week.look(db, visitor.party_id, week.monday_of(viikko, today), now)
    return pages.show(
        "calendar.html",
        visitor=visitor,
        week=shown,
        grid=week_grid.lay_out(shown, now),
        today=today,
        earlier=shown.monday - A_WEEK,
        later=shown.monday + A_WEEK,
        week_name=week.name_of,
    )
