"""The supervisor's first page: today, this week, and what waits for them."""

from fastapi import APIRouter
from starlette.responses import Response

from services import vocabulary
from services.booking import awaiting, week
from services.booking.pages import pages
from services.booking.visiting import Supervising
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)


@router.get("/tyo")
def show(db: Db, now: Now, visitor: Supervising) -> Response:
    today = week.today(now)
    shown = week.look(db, visitor.party_id, week.monday_of("", today), now)
    return pages.show(
        "today.html",
        visitor=visitor,
        now=now,
        today=shown.days[today.weekday()],
        later=[day for day in shown.days if day.day > today],
        week=shown,
        awaiting=awaiting.look(db, visitor.party_id, now),
        evaluations=vocabulary.EVALUATIONS,
    )
