"""The supervisor's first page (today, this week, what is to be done) and the calendar of a week."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from services.booking.lifecycle import since_last_visit, to_do
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import pages
from services.booking.pages.supervisor import week, week_grid
from services.finnish import vocabulary
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(route_class=RecordedRoute, include_in_schema=False)


@router.get("/tyo")
def show_today(db: Db, now: Now, visitor: LoggedInSupervisor) -> Response:
    today = week.local_today(now)
    this_week = week.load_week(db, visitor.party_id, week.monday_of("", today), now)
    return pages.show(
        "today.html",
        visitor=visitor,
        now=now,
        today=this_week.days[today.weekday()],
        later=[day for day in this_week.days if day.day > today],
        week=this_week,
        awaiting=to_do.load_to_do(db, visitor.party_id, now),
        happened=since_last_visit.visit(db, visitor.party_id, now),
        evaluations=vocabulary.EVALUATIONS,
    )


week_router = APIRouter(prefix="/tyo/kalenteri", route_class=TransactionalRoute, include_in_schema=False)

ONE_WEEK = timedelta(days=7)


@week_router.get("")
def show_week(db: Db, now: Now, visitor: LoggedInSupervisor, asked: week.WeekQuery = "") -> Response:
    today = week.local_today(now)
    asked_week = week.load_week(db, visitor.party_id, week.monday_of(asked, today), now)
    return pages.show(
        "calendar.html",
        visitor=visitor,
        week=asked_week,
        grid=week_grid.build_week_grid(asked_week, now),
        today=today,
        earlier=asked_week.monday - ONE_WEEK,
        later=asked_week.monday + ONE_WEEK,
        week_name=week.week_name,
    )
