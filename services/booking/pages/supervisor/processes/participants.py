"""The supervisor's pages of participants: adding, changing, removing and erasing one, and their data."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Participant, Process
from services.booking.pages.login import LoggedInSupervisor, SupervisorTakingOut
from services.booking.pages.site import DoneQuery, pages
from services.booking.pages.supervisor.processes import forms as processes_forms
from services.booking.privacy import erasure
from services.booking.privacy.export import build_participant_export
from services.booking.security import audit, permissions
from services.booking.supervision import erasure_requests, participants, proposals
from services.booking.supervision.participants import ParticipantCreate, ParticipantUpdate
from services.core.database import Database
from services.web.errors.problems import Problem
from services.web.i18n.translation import word
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed
from services.web.protocol import etags
from services.web.security.tokens import Role
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

PREFIX = "/tyo/prosessit/{process_id}/osallistujat"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix=PREFIX, route_class=RecordedRoute, include_in_schema=False)


def _find_participant(
    db: Database, visitor: Visitor, process_id: UUID, participant_id: UUID, *, lock: bool = False
) -> tuple[Process, Participant]:
    process = permissions.find_process(db, visitor.principal, process_id, lock=lock)
    return process, participants.find_participant(db, process.id, participant_id)


def _redirect_to_process(process: Process, done: str) -> Response:
    return redirect(f"/tyo/prosessit/{process.id}", tehty=done)


@router.get("")
def redirect_to_participants(visitor: LoggedInSupervisor, process_id: UUID) -> Response:
    """The list is on the page of the process."""
    return redirect(f"/tyo/prosessit/{process_id}#osallistujat")


@router.get("/uusi")
def show_new_participant_form(db: Db, visitor: LoggedInSupervisor, process_id: UUID) -> Response:
    return _form(db, visitor, permissions.find_process(db, visitor.principal, process_id), None, {})


@router.post("/uusi")
def add_participant_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, process_id: UUID, typed: Typed
) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id, lock=True)
    try:
        wanted = ParticipantCreate.model_validate(forms.filled_in(typed, processes_forms.PARTICIPANT_FIELDS))
        erasure.add_participant(db, settings.link_key, process, wanted, now)
    except (ValidationError, Problem) as refused:
        return _form(db, visitor, process, None, typed, refused)
    return _redirect_to_process(process, "lisatty")


@router.get("/{participant_id}")
def show_participant_as_supervisor(
    db: Db, visitor: LoggedInSupervisor, process_id: UUID, participant_id: UUID, done: DoneQuery = ""
) -> Response:
    process, person = _find_participant(db, visitor, process_id, participant_id)
    return _form(db, visitor, process, person, processes_forms.participant_fields(person), done=done)


@router.post("/{participant_id}")
def change_participant_as_supervisor(
    db: Db,
    now: Now,
    visitor: LoggedInSupervisor,
    settings: Configured,
    process_id: UUID,
    participant_id: UUID,
    typed: Typed,
) -> Response:
    process, person = _find_participant(db, visitor, process_id, participant_id, lock=True)
    try:
        wanted = ParticipantUpdate.model_validate(processes_forms.participant_changes(typed))
        match = forms.version_field(typed)
        erasure.change_participant(db, settings.link_key, process, person, wanted, match, now, by=Role.supervisor)
    except (ValidationError, Problem) as refused:
        return _form(db, visitor, process, person, typed, refused)
    return _redirect_to_process(process, "tallennettu")


def _form(
    db: Database,
    visitor: Visitor,
    process: Process,
    person: Participant | None,
    typed: Fields,
    refused: Refused | None = None,
    done: str = "",
) -> Response:
    return pages.show(
        "process_person.html",
        forms.status_of(refused),
        visitor=visitor,
        process=process,
        person=person,
        version=forms.version_seen(etags.etag(person.version), typed, refused) if person else "",
        typed=typed,
        done=done,
        wrong=forms.reasons(refused),
        overtaken=forms.outdated(refused, typed, processes_forms.participant_fields(person)) if person else None,
    )


@router.get("/{participant_id}/poista")
def show_removal_page(db: Db, visitor: LoggedInSupervisor, process_id: UUID, participant_id: UUID) -> Response:
    process, person = _find_participant(db, visitor, process_id, participant_id)
    return pages.show("process_person_leaves.html", visitor=visitor, process=process, person=person)


@router.post("/{participant_id}/poista")
def remove_participant_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, process_id: UUID, participant_id: UUID
) -> Response:
    process, person = _find_participant(db, visitor, process_id, participant_id, lock=True)
    erasure.end_participation(db, process, person, now)
    return _redirect_to_process(process, "poistettu")


@router.get("/{participant_id}/unohda")
def show_erasure_page(db: Db, visitor: LoggedInSupervisor, process_id: UUID, participant_id: UUID) -> Response:
    return _erasure_page(db, visitor, *_find_participant(db, visitor, process_id, participant_id))


@router.post("/{participant_id}/unohda")
def erase_participant_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, process_id: UUID, participant_id: UUID, typed: Typed
) -> Response:
    """Erasure can't be undone, so the box has to be ticked as well."""
    process, person = _find_participant(db, visitor, process_id, participant_id, lock=True)
    if not typed.get("varma"):
        return _erasure_page(db, visitor, process, person, is_unsure=True)
    erasure.forget_participant(db, process, person, now)
    audit.note(db, now, "participant.erased", f"participant/{participant_id}")
    return _redirect_to_process(process, "unohdettu")


def _erasure_page(
    db: Database, visitor: Visitor, process: Process, person: Participant, *, is_unsure: bool = False
) -> Response:
    unsure = word("Merkitse rasti, jos haluat varmasti poistaa tiedot.")
    return pages.show(
        "process_person_forgotten.html",
        forms.INVALID if is_unsure else forms.OK,
        visitor=visitor,
        process=process,
        person=person,
        request=erasure_requests.find_open_erasure_request(db, person.id),
        answered_within=erasure_requests.TIME_TO_ANSWER,
        wrong={"varma": unsure} if is_unsure else {},
    )


@router.post("/{participant_id}/unohda/{request_id}/hylkaa")
def decline_erasure_request(
    db: Db, now: Now, visitor: LoggedInSupervisor, process_id: UUID, participant_id: UUID, request_id: UUID
) -> Response:
    process, _ = _find_participant(db, visitor, process_id, participant_id, lock=True)
    erasure_requests.refuse_erasure(db, visitor.principal, request_id, now)
    return _redirect_to_process(process, "hylatty")


@recorded.get("/{participant_id}/tiedot")
def download_participant_data(
    db: Db, now: Now, visitor: SupervisorTakingOut, settings: Configured, process_id: UUID, participant_id: UUID
) -> Response:
    """What booking holds about a participant, for themselves (GDPR articles 15 and 20), but no draft."""
    process, person = _find_participant(db, visitor, process_id, participant_id)
    audit.note(db, now, "participant.exported", f"participant/{person.id}")
    headers = {"Content-Disposition": f'attachment; filename="{process.code}-osallistuja.json"'}
    held = build_participant_export(db, settings, process, person, visitor.role, now)
    return Response(held.model_dump_json(indent=2), media_type="application/json", headers=headers)


@router.post("/{participant_id}/hyvaksy-osoite")
def accept_address_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, process_id: UUID, participant_id: UUID, typed: Typed
) -> Response:
    process, person = _find_participant(db, visitor, process_id, participant_id, lock=True)
    participants.accept_address(db, person, forms.version_field(typed), now)
    return _redirect_to_process(process, "osoite-hyvaksytty")


@router.post("/ehdotukset/{proposal_id}/hyvaksy")
def accept_proposal_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, process_id: UUID, proposal_id: UUID
) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id, lock=True)
    wanted = proposals.take_proposal(db, process.id, proposal_id)
    erasure.add_participant(db, settings.link_key, process, wanted, now)
    return _redirect_to_process(process, "lisatty")


@router.post("/ehdotukset/{proposal_id}/hylkaa")
def decline_proposal(db: Db, visitor: LoggedInSupervisor, process_id: UUID, proposal_id: UUID) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id, lock=True)
    proposals.take_proposal(db, process.id, proposal_id)
    return _redirect_to_process(process, "ehdotus-hylatty")
