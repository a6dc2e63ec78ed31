"""The first page of the supervisor's settings: a short view of each, with links to change them."""

from fastapi import APIRouter
from starlette.responses import Response

from services.booking.calendar import absences, availability, ics_import
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import pages
from services.booking.security import credentials, permissions
from services.booking.security.webhooks import receivers
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)


@router.get("/tyo/asetukset")
def show_settings(db: Db, now: Now, visitor: LoggedInSupervisor) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id)
    rules, _ = availability.read_availability(db, supervisor.id)
    return pages.show(
        "settings.html",
        visitor=visitor,
        supervisor=supervisor,
        rules=rules,
        away=absences.list_absences_ahead(db, supervisor.id, now),
        imports=ics_import.list_imports_of_supervisor(db, supervisor.id),
        keys=[one for one in credentials.list_credentials(db, supervisor.id) if one.revoked_at is None],
        hooks=[one for one in receivers.list_webhooks(db, visitor.principal) if one.ended_at is None],
    )
