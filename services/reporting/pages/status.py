"""Reporting's status page for the admin, and a retry of parked events."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.core.addresses import ADMIN_PAGES
from services.events import outbox
from services.reporting import audit
from services.reporting.pages.site import DoneQuery, LoggedInAdmin, pages
from services.web.pages import status_page
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix=ADMIN_PAGES["reporting"], route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_reporting_status(db: Db, visitor: LoggedInAdmin, request: Request, done: DoneQuery = "") -> Response:
    state, parked = status_page.read_status(db, request), status_page.parked(db)
    return pages.show("state.html", visitor=visitor, here="reporting", state=state, parked=parked, done=done)


@router.post("/uudelleen")
def retry_parked_events(db: Db, now: Now, visitor: LoggedInAdmin) -> Response:
    outbox.unpark(db)
    audit.note(db, now, "events.retried", "events/reporting")
    return redirect(ADMIN_PAGES["reporting"], tehty="uudelleen")
