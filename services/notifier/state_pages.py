"""How the notifier is doing, for the admin. It publishes nothing, so nothing of it can be given up."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.notifier.pages import pages
from services.web import state_pages
from services.web.tokens import Role
from services.web.transactions import Db, TransactionalRoute
from services.web.visiting import visiting
from services.web.visitors import Visitor

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)

Administering = Annotated[Visitor, visiting("viestit", Role.admin)]


@router.get("/yllapito")
def show(db: Db, visitor: Administering, request: Request) -> Response:
    state = state_pages.look(db, request)
    return pages.show("state.html", visitor=visitor, here="notifier", state=state, parked=[], done="")
