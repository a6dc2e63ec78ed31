"""The client's pages of participants: the list, adding, changing and removing one."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Participant, Process
from services.booking.pages.login import LoggedInClient
from services.booking.pages.site import DoneQuery, pages
from services.booking.pages.supervisor.processes import forms as process_forms
from services.booking.privacy import erasure
from services.booking.security import permissions
from services.booking.supervision import participants, processes, proposals
from services.booking.supervision.addresses import AddressIsTheirs
from services.booking.supervision.participants import (
    ParticipantCreate,
    ParticipantHasLeft,
    ParticipantUpdate,
    ProcessIsFull,
    ProcessIsOfAnother,
)
from services.core.database import Database
from services.web.errors.problems import InvalidRequest
from services.web.pages.forms import (
    Fields,
    Refused,
    Typed,
    filled_in,
    outdated,
    reasons,
    status_of,
    version_field,
    version_seen,
)
from services.web.protocol.etags import PreconditionFailed, etag
from services.web.security.rate_limits import Count
from services.web.security.tokens import Role
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

PREFIX = "/oma/prosessit/{process_id}/osallistujat"
router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)

REFUSALS = (
    ValidationError,
    InvalidRequest,
    ProcessIsFull,
    ParticipantHasLeft,
    ProcessIsOfAnother,
    processes.ProcessIsClosed,
    PreconditionFailed,
    AddressIsTheirs,
)


@router.get("")
def list_participants_as_client(db: Db, visitor: LoggedInClient, process_id: UUID, done: DoneQuery = "") -> Response:
    return _list_page(db, visitor, permissions.find_process(db, visitor.principal, process_id), done=done)


@router.post("")
def propose_participant_as_client(
    db: Db, now: Now, visitor: LoggedInClient, process_id: UUID, typed: Typed
) -> Response:
    """The supervisor says yes or no to whom the client proposes."""
    process = permissions.find_process(db, visitor.principal, process_id, lock=True)
    try:
        wanted = ParticipantCreate.model_validate(filled_in(typed, ParticipantCreate.model_fields))
        proposals.propose_participant(db, process, wanted, now)
    except REFUSALS as refused:
        return _list_page(db, visitor, process, typed, refused)
    return redirect(f"/oma/prosessit/{process_id}/osallistujat", tehty="ehdotettu")


@router.post("/ehdotukset/{proposal_id}/peru")
def withdraw_proposal(db: Db, visitor: LoggedInClient, process_id: UUID, proposal_id: UUID) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id, lock=True)
    proposals.take_proposal(db, process.id, proposal_id)
    return redirect(f"/oma/prosessit/{process_id}/osallistujat", tehty="peruttu")


@router.get("/{participant_id}")
def show_participant_as_client(db: Db, visitor: LoggedInClient, process_id: UUID, participant_id: UUID) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id)
    person = participants.find_participant(db, process.id, participant_id)
    return _person_page(visitor, process, person, process_forms.participant_fields(person))


@router.post("/{participant_id}")
def change_participant_as_client(
    db: Db,
    now: Now,
    visitor: LoggedInClient,
    settings: Configured,
    count: Count,
    process_id: UUID,
    participant_id: UUID,
    typed: Typed,
) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id, lock=True)
    person = participants.find_participant(db, process.id, participant_id)
    if typed.get("email", "") != person.email:
        count("changes", person.id, visitor.principal.credential)
    try:
        wanted = ParticipantUpdate.model_validate(process_forms.participant_changes(typed))
        match = version_field(typed)
        erasure.change_participant(db, settings.link_key, process, person, wanted, match, now, by=Role.client)
    except REFUSALS as refused:
        return _person_page(visitor, process, person, typed, refused)
    return redirect(f"/oma/prosessit/{process_id}", tehty="muutettu")


@router.post("/{participant_id}/poista")
def remove_participant_as_client(
    db: Db, now: Now, visitor: LoggedInClient, process_id: UUID, participant_id: UUID
) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id, lock=True)
    person = participants.find_participant(db, process.id, participant_id)
    try:
        erasure.end_participation(db, process, person, now, by_client=True)
    except processes.ProcessIsClosed as refused:
        return _person_page(visitor, process, person, process_forms.participant_fields(person), refused)
    return redirect(f"/oma/prosessit/{process_id}", tehty="poistettu")


def _list_page(
    db: Database,
    visitor: Visitor,
    process: Process,
    typed: Fields | None = None,
    refused: Refused | None = None,
    done: str = "",
) -> Response:
    people = processes.list_active_participants(db, process.id)
    return pages.show(
        "client_people.html",
        status_of(refused),
        visitor=visitor,
        process=process,
        people=people,
        proposed=proposals.list_proposals(db, process.id),
        done=done,
        has_room=process.status != "closed" and len(people) < participants.PARTICIPANT_LIMITS[process.form][1],
        typed=typed or {},
        wrong=reasons(refused),
    )


def _person_page(
    visitor: Visitor, process: Process, person: Participant, typed: Fields, refused: Refused | None = None
) -> Response:
    return pages.show(
        "client_person.html",
        status_of(refused),
        visitor=visitor,
        process=process,
        person=person,
        seen=version_seen(etag(person.version), typed, refused),
        typed=typed,
        wrong=reasons(refused),
        overtaken=outdated(refused, typed, process_forms.participant_fields(person)),
    )
