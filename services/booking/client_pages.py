"""The pages of a client's contact: what they ordered, and the meetings in it."""

from fastapi import APIRouter
from starlette.responses import Response

from services.booking import meetings_ahead
from services.booking.pages import pages
from services.booking.visiting import Ordering
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)


@router.get("/oma")
def show(db: Db, now: Now, visitor: Ordering) -> Response:
    meetings = meetings_ahead.of_principal(db, visitor.principal, now)
    return pages.show("client_home.html", visitor=visitor, meetings=meetings)
