"""How reporting is doing, for the admin, and a second try for what was given up."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.events import outbox
from services.reporting import audit
from services.reporting.pages import pages
from services.web import state_pages
from services.web.tokens import Role
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visiting import visiting
from services.web.visitors import Visitor, redirect

router = APIRouter(prefix="/yllapito", route_class=TransactionalRoute, include_in_schema=False)

Administering = Annotated[Visitor, visiting("raportit", Role.admin)]


@router.get("")
def show(db: Db, visitor: Administering, request: Request, tehty: str = "") -> Response:
    state, parked = state_pages.look(db, request), state_pages.parked(db)
    return pages.show("state.html", visitor=visitor, here="reporting", state=state, parked=parked, done=tehty)


@router.post("/uudelleen")
def try_again(db: Db, now: Now, visitor: Administering) -> Response:
    outbox.unpark(db)
    audit.note_of(db, now, "", "events.retried", "events/reporting")
    return redirect("/yllapito", tehty="uudelleen")
