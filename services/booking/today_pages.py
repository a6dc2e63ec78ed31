"""The supervisor's first page: today, and what waits for them."""

from fastapi import APIRouter
from starlette.responses import Response

from services.booking import meetings_ahead
from services.booking.pages import pages
from services.booking.visiting import Supervising
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)


@router.get("/tyo")
def show(db: Db, now: Now, visitor: Supervising) -> Response:
    meetings = meetings_ahead.of_principal(db, visitor.principal, now)
    return pages.show("today.html", visitor=visitor, meetings=meetings)
