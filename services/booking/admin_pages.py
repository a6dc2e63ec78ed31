"""The admin's first page: how booking is doing, and a second try for what was given up."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.booking import audit
from services.booking.pages import pages
from services.booking.visiting import Administering
from services.events import outbox
from services.web import state_pages
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import redirect

router = APIRouter(prefix="/yllapito", route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show(db: Db, visitor: Administering, request: Request, tehty: str = "") -> Response:
    state, parked = state_pages.look(db, request), state_pages.parked(db)
    return pages.show("state.html", visitor=visitor, here="booking", state=state, parked=parked, done=tehty)


@router.post("/uudelleen")
def try_again(db: Db, now: Now, visitor: Administering) -> Response:
    outbox.unpark(db)
    audit.note(db, now, "", "events.retried", "events/booking")
    return redirect("/yllapito", tehty="uudelleen")
