"""The admin's pages of all clients."""

from uuid import UUID

from sqlmodel import col, func, select
from starlette.responses import Response

from services.booking.models.people import Process
from services.booking.pages.clients import clients_router
from services.booking.pages.login import LoggedInAdmin, visitor_with_role
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import permissions
from services.web.security.tokens import Role
from services.web.transactions import Db

CLIENTS_PATH = "/yllapito/tilaajat"

router = clients_router(CLIENTS_PATH, visitor_with_role(Role.admin))


@router.get("/{client_id}")
def show_client_as_admin(db: Db, visitor: LoggedInAdmin, client_id: UUID, done: DoneQuery = "") -> Response:
    client = permissions.find_client(db, visitor.principal, client_id)
    processes = db.scalars(select(func.count()).where(col(Process.client_id) == client.id)).one()
    return pages.show(
        "admin_client.html", visitor=visitor, here=CLIENTS_PATH, client=client, processes=processes, done=done
    )
