"""The pages of whoever runs the installation."""

from fastapi import APIRouter
from starlette.responses import Response

from services.booking.pages import pages
from services.booking.visiting import Administering
from services.web.transactions import TransactionalRoute

router = APIRouter(prefix="/yllapito", route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show(visitor: Administering) -> Response:
    return pages.show("admin_home.html", visitor=visitor)
