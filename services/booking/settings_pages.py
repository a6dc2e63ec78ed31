"""The supervisor's settings at a glance: what is set, and where it is changed."""

from fastapi import APIRouter
from starlette.responses import Response

from services.booking import absences, access, availability, calendar_import, credentials
from services.booking.pages import pages
from services.booking.visiting import Supervising
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)


@router.get("/tyo/asetukset")
def show(db: Db, now: Now, visitor: Supervising) -> Response:
    supervisor = access.practice(db, visitor.principal, visitor.party_id)
    rules, _ = availability.read(db, supervisor.id)
    return pages.show(
        "settings.html",
        visitor=visitor,
        supervisor=supervisor,
        rules=rules,
        away=absences.ahead(db, supervisor.id, now),
        imports=calendar_import.of_supervisor(db, supervisor.id),
        keys=[one for one in credentials.of_party(db, supervisor.id) if one.revoked_at is None],
    )
