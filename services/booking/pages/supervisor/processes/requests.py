"""The page of a process that a client asks its supervisor for: who, what, and when; accepted or declined by buttons."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.booking.models.people import Client, Process
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import pages
from services.booking.security import audit, permissions
from services.booking.security.permissions import REQUESTED
from services.booking.sessions import requests
from services.booking.supervision import processes
from services.core.database import Database
from services.finnish import vocabulary
from services.web.errors.problems import NotFound
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/tyo/pyynnot/{process_id}", route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_request(db: Db, visitor: LoggedInSupervisor, process_id: UUID) -> Response:
    process = _find(db, visitor, process_id)
    if process.status != REQUESTED:
        return redirect(f"/tyo/prosessit/{process.id}")
    return pages.show(
        "process_request.html",
        visitor=visitor,
        process=process,
        client=db.get_one(Client, process.client_id),
        form=vocabulary.FORM_LABELS[process.form],
        people=processes.list_active_participants(db, process.id),
        times=requests.list_requested_sessions(db, process),
    )


@router.post("/hyvaksy")
def accept_request_on_page(db: Db, now: Now, visitor: LoggedInSupervisor, process_id: UUID) -> Response:
    process = _find(db, visitor, process_id, lock=True)
    requests.accept_request(db, process, now)
    return redirect(f"/tyo/prosessit/{process.id}", tehty="hyvaksytty")


@router.post("/hylkaa")
def decline_request_on_page(db: Db, now: Now, visitor: LoggedInSupervisor, process_id: UUID) -> Response:
    process = _find(db, visitor, process_id, lock=True)
    if process.status != REQUESTED:
        raise NotFound
    audit.note(db, now, "process.declined", f"process/{process.id}")
    requests.drop_request(db, process)
    return redirect("/tyo")


def _find(db: Database, visitor: Visitor, process_id: UUID, *, lock: bool = False) -> Process:
    return permissions.find_process_or_request(db, visitor.principal, process_id, lock=lock)
