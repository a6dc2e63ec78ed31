"""The supervisor's search. What is looked for is posted, so that no name stands in an address or a log."""

from fastapi import APIRouter
from starlette.responses import Response

from services.booking.lifecycle import search
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import pages
from services.web.pages.forms import Typed
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/tyo/haku", route_class=TransactionalRoute, include_in_schema=False)

LONGEST = 200


@router.get("")
def show_search(visitor: LoggedInSupervisor) -> Response:
    return pages.show("search.html", visitor=visitor, found=None, asked="")


@router.post("")
def search_as_supervisor(db: Db, now: Now, visitor: LoggedInSupervisor, typed: Typed) -> Response:
    asked = typed.get("haku", "")[:LONGEST].strip()
    found = search.find(db, visitor.principal, asked, now) if asked else None
    return pages.show("search.html", visitor=visitor, found=found, asked=asked)
