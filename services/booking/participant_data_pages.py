"""What a participant is told of their own data (GDPR articles 15, 17, 20): to read, take along, or have erased."""

from fastapi import APIRouter
from starlette.responses import Response

from services.booking import audit, erasure_requests, participants
from services.booking.guests import guest
from services.booking.models import Process, Supervisor
from services.booking.pages import pages
from services.booking.parties_api import Configured
from services.booking.supervision_api import export
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute
from services.web.visitors import redirect

router = APIRouter(prefix="/osallistuja/{secret}", route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix="/osallistuja/{secret}", route_class=RecordedRoute, include_in_schema=False)


@router.get("/tiedot")
def show(db: Db, now: Now, settings: Configured, secret: str, tehty: str = "") -> Response:
    person = guest(db, secret, now)
    process = db.get_one(Process, person.process_id)
    request = erasure_requests.open_of(db, person.id)
    return pages.show(
        "participant_data.html",
        held=export(db, settings, process, person),
        supervisor=db.get_one(Supervisor, process.supervisor_id),
        request=request,
        answered_within=erasure_requests.ANSWERED_WITHIN,
        secret=secret,
        done=tehty,
    )


@recorded.get("/tiedot.json")
def download(db: Db, now: Now, settings: Configured, secret: str) -> Response:
    """Everything that booking holds about the participant, for themselves. That it was fetched is written down."""
    person = guest(db, secret, now)
    audit.note(db, now, f"participant/{person.id}", "participant.exported", f"participant/{person.id}")
    held = export(db, settings, db.get_one(Process, person.process_id), person)
    headers = {"Content-Disposition": 'attachment; filename="tietoni.json"'}
    return Response(held.model_dump_json(indent=2), media_type="application/json", headers=headers)


@router.post("/tiedot/poisto")
def ask_for_erasure(db: Db, now: Now, secret: str) -> Response:
    """Nothing is erased by this: what has to be kept by law is looked through first."""
    person = guest(db, secret, now)
    participants.hold(db, person)
    erasure_requests.ask(db, person, now)
    return redirect(f"/osallistuja/{secret}/tiedot", tehty="pyydetty")


@router.post("/tiedot/poisto/peru")
def withdraw(db: Db, now: Now, secret: str) -> Response:
    person = guest(db, secret, now)
    participants.hold(db, person)
    erasure_requests.withdraw(db, person, now)
    return redirect(f"/osallistuja/{secret}/tiedot", tehty="peruttu")
