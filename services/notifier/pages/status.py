"""The notifier's status page for the admin. It publishes no events, so none can be parked."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.core.addresses import ADMIN_PAGES
from services.notifier.pages.site import LoggedInAdmin, pages
from services.web.pages import status_page
from services.web.transactions import Db, TransactionalRoute

router = APIRouter(prefix=ADMIN_PAGES["notifier"], route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_notifier_status(db: Db, visitor: LoggedInAdmin, request: Request) -> Response:
    state = status_page.read_status(db, request)
    return pages.show("state.html", visitor=visitor, here="notifier", state=state, parked=[], done="")
