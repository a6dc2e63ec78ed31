"""The supervisor's pages of clients (tilaajat), one of them with its processes."""

from uuid import UUID

from starlette.responses import Response

from services.booking.lifecycle import listing
from services.booking.pages.clients import clients_router
from services.booking.pages.login import LoggedInSupervisor, visitor_with_role
from services.booking.pages.site import DoneQuery, PageQuery, pages
from services.booking.pages.supervisor.processes.processes import STEP_FUNCTIONS
from services.booking.security import permissions
from services.finnish import vocabulary
from services.web.security.tokens import Role
from services.web.transactions import Db, Now

router = clients_router("/tyo/tilaajat", visitor_with_role(Role.supervisor))


@router.get("/{client_id}")
def show_client_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, client_id: UUID, page: PageQuery = 1, done: DoneQuery = ""
) -> Response:
    client = permissions.find_client(db, visitor.principal, client_id)
    return pages.show(
        "client_card.html",
        visitor=visitor,
        client=client,
        leaf=listing.list_processes_of_client(db, visitor.principal, client.id, page, now),
        form_labels=vocabulary.FORM_LABELS,
        evaluations=vocabulary.EVALUATIONS,
        sivu=page,
        tehty=done,
        **STEP_FUNCTIONS,
    )
