"""A participant's own data (GDPR articles 15, 17, 20): shown, downloaded, and a request for its erasure."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Participant, Process, Supervisor
from services.booking.pages.participant.device import Browser, ParticipantBrowser
from services.booking.pages.participant.home import participant_of_link
from services.booking.pages.site import DoneQuery, pages
from services.booking.privacy.export import build_participant_export
from services.booking.security import audit, devices
from services.booking.settings import Settings
from services.booking.supervision import addresses, erasure_requests, participants, processes
from services.core.database import Database
from services.web.errors.problems import Problem
from services.web.pages.forms import Fields, Refused, Typed, filled_in, reasons, status_of
from services.web.security.rate_limits import Count
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, RecordedRoute

router = APIRouter(prefix="/osallistuja/{secret}", route_class=RecordedRoute, include_in_schema=False)


@router.get("/tiedot")
def show_personal_data(
    db: Db, now: Now, settings: Configured, browser: Browser, secret: str, done: DoneQuery = ""
) -> Response:
    person = _confirmed_participant(db, browser, secret, now)
    return _page(db, settings, browser, person, secret, now, done=done)


def _confirmed_participant(db: Database, browser: ParticipantBrowser, secret: str, now: datetime) -> Participant:
    person = participant_of_link(db, secret, now)
    browser.ensure_confirmed(db, person, now)
    return person


def _page(
    db: Database,
    settings: Settings,
    browser: ParticipantBrowser,
    person: Participant,
    secret: str,
    now: datetime,
    typed: Fields | None = None,
    refused: Refused | None = None,
    *,
    done: str = "",
) -> Response:
    process = db.get_one(Process, person.process_id)
    return pages.show(
        "participant_data.html",
        status_of(refused),
        held=build_participant_export(db, settings, process, person, None, now),
        supervisor=db.get_one(Supervisor, process.supervisor_id),
        request=erasure_requests.find_open_erasure_request(db, person.id),
        answered_within=erasure_requests.TIME_TO_ANSWER,
        devices=devices.list_devices(db, person, now),
        this_device=browser.digest,
        owner=person,
        secret=secret,
        typed=typed or {},
        wrong=reasons(refused),
        done=done,
    )


@router.get("/tiedot.json")
def download_own_data(db: Db, now: Now, settings: Configured, browser: Browser, secret: str) -> Response:
    """Everything that booking holds about the participant. The download is audited."""
    person = _confirmed_participant(db, browser, secret, now)
    audit.note(db, now, "participant.exported", f"participant/{person.id}", f"participant/{person.id}")
    held = build_participant_export(db, settings, db.get_one(Process, person.process_id), person, None, now)
    headers = {"Content-Disposition": 'attachment; filename="tietoni.json"'}
    return Response(held.model_dump_json(indent=2), media_type="application/json", headers=headers)


@router.post("/tiedot/poisto")
def submit_erasure_request(db: Db, now: Now, browser: Browser, secret: str) -> Response:
    """Only a request: the supervisor first checks what the law requires to be kept."""
    person = _confirmed_participant(db, browser, secret, now)
    participants.lock_process_of_participant(db, person)
    erasure_requests.request_erasure(db, person, now)
    return redirect(f"/osallistuja/{secret}/tiedot", tehty="pyydetty")


@router.post("/tiedot/poisto/peru")
def withdraw_own_erasure_request(db: Db, now: Now, browser: Browser, secret: str) -> Response:
    person = _confirmed_participant(db, browser, secret, now)
    participants.lock_process_of_participant(db, person)
    erasure_requests.withdraw_erasure_request(db, person, now)
    return redirect(f"/osallistuja/{secret}/tiedot", tehty="peruttu")


@router.post("/tiedot/osoite")
def state_own_address(
    db: Db, now: Now, settings: Configured, browser: Browser, count: Count, secret: str, typed: Typed
) -> Response:
    """The address changes when the button in the letter to the new one is pressed."""
    person = _confirmed_participant(db, browser, secret, now)
    count("changes", person.id)
    participants.lock_process_of_participant(db, person)
    try:
        email = addresses.NewAddress.model_validate(filled_in(typed, ("email",))).email
        addresses.ensure_is_another(person, email)
        participants.ensure_address_unused(processes.list_other_participants(db, person), email)
        addresses.state_address(db, settings, person, email, now)
    except (ValidationError, Problem) as refused:
        return _page(db, settings, browser, person, secret, now, typed, refused)
    return redirect(f"/osallistuja/{secret}/tiedot", tehty="osoite")


@router.post("/tiedot/laitteet/{device}/poista")
def revoke_own_device(db: Db, now: Now, browser: Browser, secret: str, device: str) -> Response:
    person = _confirmed_participant(db, browser, secret, now)
    devices.revoke_devices(db, person.id, device)
    return redirect(f"/osallistuja/{secret}/tiedot", tehty="laite")
