"""The admin's first page: the state of the booking service, and a retry for parked events."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.booking.lifecycle import setting_up
from services.booking.pages.login import LoggedInAdmin
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import audit
from services.events import outbox
from services.web.pages import status_page
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/yllapito", route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_booking_status(db: Db, visitor: LoggedInAdmin, request: Request, done: DoneQuery = "") -> Response:
    state, parked = status_page.read_status(db, request), status_page.parked(db)
    return pages.show(
        "admin_status.html",
        visitor=visitor,
        here="booking",
        state=state,
        parked=parked,
        progress=setting_up.read_progress(db),
        done=done,
    )


@router.post("/uudelleen")
def retry_parked_events(db: Db, now: Now, visitor: LoggedInAdmin) -> Response:
    outbox.unpark(db)
    audit.note(db, now, "events.retried", "events/booking")
    return redirect("/yllapito", tehty="uudelleen")
