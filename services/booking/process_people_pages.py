"""The people of a process at the supervisor's desk: who joins, how to write to them, who leaves or is forgotten."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking import access, audit, erasure_requests, membership, participants, process_forms
from services.booking.models import Participant, Process
from services.booking.pages import pages
from services.booking.participants import PersonChange, PersonWish
from services.booking.parties_api import Configured
from services.booking.supervision_api import export
from services.booking.visiting import Supervising
from services.database import Database
from services.web import etags, forms
from services.web.forms import Fields, Refused, Typed
from services.web.problems import Problem
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute
from services.web.translation import word
from services.web.visitors import Visitor, redirect

PREFIX = "/tyo/prosessit/{process_id}/osallistujat"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix=PREFIX, route_class=RecordedRoute, include_in_schema=False)


def _held(
    db: Database, visitor: Visitor, process_id: UUID, participant_id: UUID, *, lock: bool = False
) -> tuple[Process, Participant]:
    process = access.process(db, visitor.principal, process_id, lock=lock)
    return process, participants.in_process(db, process.id, participant_id)


def _back(process: Process, done: str) -> Response:
    return redirect(f"/tyo/prosessit/{process.id}", tehty=done)


@router.get("")
def lead_back(visitor: Supervising, process_id: UUID) -> Response:
    """They stand on the page of the process."""
    return redirect(f"/tyo/prosessit/{process_id}#osallistujat")


# -- joining and changing ---------------------------------------------------------------------------------


@router.get("/uusi")
def ask_who_joins(db: Db, visitor: Supervising, process_id: UUID) -> Response:
    return _form(db, visitor, access.process(db, visitor.principal, process_id), None, {})


@router.post("/uusi")
def add(db: Db, now: Now, visitor: Supervising, settings: Configured, process_id: UUID, typed: Typed) -> Response:
    process = access.process(db, visitor.principal, process_id, lock=True)
    try:
        wish = PersonWish.model_validate(forms.filled_in(typed, process_forms.PERSON))
        membership.add(db, settings.link_key, process, wish, now)
    except (ValidationError, Problem) as refused:
        return _form(db, visitor, process, None, typed, refused)
    return _back(process, "lisatty")


@router.get("/{participant_id}")
def show(db: Db, visitor: Supervising, process_id: UUID, participant_id: UUID) -> Response:
    process, person = _held(db, visitor, process_id, participant_id)
    return _form(db, visitor, process, person, process_forms.of_person(person))


@router.post("/{participant_id}")
def change(db: Db, now: Now, visitor: Supervising, process_id: UUID, participant_id: UUID, typed: Typed) -> Response:
    process, person = _held(db, visitor, process_id, participant_id, lock=True)
    filled_in = forms.filled_in(typed, process_forms.PERSON)
    wanted = {"first_name": "", "last_name": "", "email": "", "employer": None, **filled_in}
    try:
        wish = PersonChange.model_validate(wanted)
        membership.change(db, process, person, wish, forms.seen_version(typed), now)
    except (ValidationError, Problem) as refused:
        return _form(db, visitor, process, person, typed, refused)
    return _back(process, "tallennettu")


def _form(
    db: Database,
    visitor: Visitor,
    process: Process,
    person: Participant | None,
    typed: Fields,
    refused: Refused | None = None,
) -> Response:
    return pages.show(
        "process_person.html",
        forms.status_of(refused),
        visitor=visitor,
        process=process,
        person=person,
        version=forms.version_seen(etags.tag(person.version), typed, refused) if person else "",
        typed=typed,
        wrong=forms.reasons(refused),
        overtaken=forms.overtaken(refused, typed, process_forms.of_person(person)) if person else None,
    )


# -- leaving and being forgotten --------------------------------------------------------------------------


@router.get("/{participant_id}/poista")
def ask_to_remove(db: Db, visitor: Supervising, process_id: UUID, participant_id: UUID) -> Response:
    process, person = _held(db, visitor, process_id, participant_id)
    return pages.show("process_person_leaves.html", visitor=visitor, process=process, person=person)


@router.post("/{participant_id}/poista")
def remove(db: Db, now: Now, visitor: Supervising, process_id: UUID, participant_id: UUID) -> Response:
    process, person = _held(db, visitor, process_id, participant_id, lock=True)
    membership.remove(db, process, person, now)
    return _back(process, "poistettu")


@router.get("/{participant_id}/unohda")
def ask_to_erase(db: Db, visitor: Supervising, process_id: UUID, participant_id: UUID) -> Response:
    return _forgetting(db, visitor, *_held(db, visitor, process_id, participant_id))


@router.post("/{participant_id}/unohda")
def erase(db: Db, now: Now, visitor: Supervising, process_id: UUID, participant_id: UUID, typed: Typed) -> Response:
    """What is forgotten never comes back, so the box has to be ticked as well."""
    process, person = _held(db, visitor, process_id, participant_id, lock=True)
    if not typed.get("varma"):
        return _forgetting(db, visitor, process, person, is_unsure=True)
    membership.erase(db, process, person, now)
    audit.note(db, now, visitor.principal.credential, "participant.erased", f"participant/{participant_id}")
    return _back(process, "unohdettu")


def _forgetting(
    db: Database, visitor: Visitor, process: Process, person: Participant, *, is_unsure: bool = False
) -> Response:
    told = word("Merkitse rasti, jos haluat varmasti poistaa tiedot.")
    return pages.show(
        "process_person_forgotten.html",
        forms.INVALID if is_unsure else forms.OK,
        visitor=visitor,
        process=process,
        person=person,
        request=erasure_requests.open_of(db, person.id),
        answered_within=erasure_requests.ANSWERED_WITHIN,
        wrong={"varma": told} if is_unsure else {},
    )


@router.post("/{participant_id}/unohda/{request_id}/hylkaa")
def decline_to_erase(
    db: Db, now: Now, visitor: Supervising, process_id: UUID, participant_id: UUID, request_id: UUID
) -> Response:
    process, _ = _held(db, visitor, process_id, participant_id, lock=True)
    erasure_requests.decline(db, visitor.principal, request_id, now)
    return _back(process, "hylatty")


@recorded.get("/{participant_id}/tiedot")
def download(
    db: Db, now: Now, visitor: Supervising, settings: Configured, process_id: UUID, participant_id: UUID
) -> Response:
    """Everything that booking holds about a participant, to be handed to them (GDPR articles 15 and 20)."""
    process, person = _held(db, visitor, process_id, participant_id)
    audit.note(db, now, visitor.principal.credential, "participant.exported", f"participant/{person.id}")
    headers = {"Content-Disposition": f'attachment; filename="{process.code}-osallistuja.json"'}
    held = export(db, settings, process, person)
    return Response(held.model_dump_json(indent=2), media_type="application/json", headers=headers)
