"""The API of processes and their participants."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlmodel import col, select

from services.booking.api.parties import RemindersPublic
from services.booking.dependencies import Configured
from services.booking.lifecycle import closing
from services.booking.models.people import Participant, Process
from services.booking.privacy import erasure
from services.booking.privacy.export import (
    ParticipantExport,
    ParticipantPublic,
    build_participant_export,
    participant_public,
)
from services.booking.security import audit, permissions
from services.booking.security.permissions import REQUESTED
from services.booking.sessions import requests
from services.booking.supervision import cancellation_policy as policies
from services.booking.supervision import participants, processes, proposals
from services.booking.supervision.participants import ParticipantCreate, ParticipantUpdate, ProcessIsFull
from services.booking.supervision.processes import ProcessCreate, ProcessIsClosed, ProcessUpdate, SessionsAhead
from services.core.database import Database
from services.events.catalogue import Form
from services.web.errors.problems import Forbidden, documented
from services.web.protocol import etags
from services.web.protocol.fields import RequestBody
from services.web.protocol.pagination import Page, Paged, fetch_page
from services.web.security.rate_limits import Count
from services.web.security.tokens import Reader, Role, Staff, TheSupervisor
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute)
recorded = APIRouter(prefix="/api/v1", route_class=RecordedRoute)

ProcessStatus = Literal["requested", "active", "closed"]


class ProcessPublic(BaseModel):
    """A process with its present participants. `answer_by`: until when its supervisor can accept a requested one."""

    id: UUID
    code: str
    status: ProcessStatus
    answer_by: datetime | None
    client_id: UUID
    supervisor_id: UUID
    form: Form
    title: str
    planned_sessions: int
    session_minutes: int
    participants: list[ParticipantPublic]
    cancellation_policy: policies.CancellationPolicy
    reminders: RemindersPublic
    benefits: list[str]
    min_group_size: int
    session_feedback: bool
    clients_may_exceed: bool
    opened_at: datetime
    closed_at: datetime | None
    version: int


class ProposalPublic(BaseModel):
    """Somebody whom the client proposes; they take part, and get letters, once the supervisor accepts."""

    id: UUID
    process_id: UUID
    first_name: str
    last_name: str
    email: str
    employer: str | None
    proposed_at: datetime


class Proposals(BaseModel):
    items: list[ProposalPublic]
    next_cursor: None = None


class ProcessCloseOptions(RequestBody):
    cancel_sessions: bool = False


def process_public(process: Process, people: Iterable[Participant]) -> ProcessPublic:
    everybody = list(people)
    in_order = sorted(everybody, key=lambda person: (person.joined_at, person.id))
    return ProcessPublic(
        participants=[participant_public(person) for person in in_order if person.left_at is None],
        cancellation_policy=policies.cancellation_policy_of(process),
        reminders=RemindersPublic(days_before=process.reminder_days),
        **process.model_dump() | {"version": processes.process_version(process, everybody)},
    )


def _process_response(db: Database, process: Process, response: Response) -> ProcessPublic:
    response.headers["ETag"] = processes.process_etag(db, process)
    return process_public(process, participants.list_participants_of_process(db, process.id))


def _participant_response(person: Participant, response: Response) -> ParticipantPublic:
    response.headers["ETag"] = etags.etag(person.version)
    return participant_public(person)


@router.post("/processes", status_code=201, tags=["processes"])
def create_process(
    db: Db, now: Now, request: Request, who: Reader, settings: Configured, wanted: ProcessCreate, response: Response
) -> ProcessPublic:
    """A client's first process with a supervisor who neither entered it nor has talked with it is only requested.

    Until the supervisor accepts it a few times can be held, and nobody is told anything. A few may be requested a day,
    those counted that were withdrawn or declined.
    """
    process = processes.open_process(db, settings.link_key, who, wanted, now)
    if process.status == REQUESTED:
        request.app.state.gate.enter("requests", str(process.client_id))
    audit.note(
        db, now, f"process.{'requested' if process.status == 'requested' else 'opened'}", f"process/{process.id}"
    )
    response.headers["Location"] = f"/api/v1/processes/{process.id}"
    return _process_response(db, process, response)


@router.get("/processes", tags=["processes"])
def list_processes(
    db: Db,
    who: Reader,
    paging: Paged,
    client_id: UUID | None = None,
    supervisor_id: UUID | None = None,
    status: ProcessStatus | None = None,
) -> Page[ProcessPublic]:
    wanted = {Process.client_id: client_id, Process.supervisor_id: supervisor_id, Process.status: status}
    query = select(Process).where(permissions.visible_with_requests(who))
    for column, value in wanted.items():
        query = query if value is None else query.where(col(column) == value)
    found, cursor = fetch_page(db, query, (col(Process.opened_at), col(Process.id)), paging)
    people = participants.list_participants_by_process(db, [process.id for process in found])
    return Page[ProcessPublic](items=[process_public(one, people[one.id]) for one in found], next_cursor=cursor)


@router.get("/processes/{process_id}", tags=["processes"])
def show_process(db: Db, who: Reader, process_id: UUID, response: Response) -> ProcessPublic:
    return _process_response(db, permissions.find_process_or_request(db, who, process_id), response)


@router.post("/processes/{process_id}/accept", tags=["processes"])
def accept_process(db: Db, now: Now, who: Staff, process_id: UUID, response: Response) -> ProcessPublic:
    """Agree to a process that a client asks for; its participants get their letters now."""
    process = permissions.find_process_or_request(db, who, process_id, lock=True)
    requests.accept_request(db, process, now)
    return _process_response(db, process, response)


@router.post("/processes/{process_id}/decline", status_code=204, tags=["processes"])
def decline_process(db: Db, now: Now, who: Reader, process_id: UUID) -> None:
    """Decline a requested process, or withdraw it: nothing of it stays."""
    process = permissions.find_process_or_request(db, who, process_id, lock=True)
    audit.note(db, now, "process.declined", f"process/{process.id}")
    requests.drop_request(db, process)


@router.patch("/processes/{process_id}", tags=["processes"], responses=documented(ProcessIsClosed))
def update_process(
    db: Db, now: Now, who: Reader, process_id: UUID, change: ProcessUpdate, match: etags.Match, response: Response
) -> ProcessPublic:
    """A client may change the title and the reminders only."""
    return _process_response(db, processes.change_process(db, who, process_id, change, match, now), response)


@router.post("/processes/{process_id}/close", tags=["processes"], responses=documented(SessionsAhead))
def close_process(
    db: Db,
    now: Now,
    who: Staff,
    settings: Configured,
    process_id: UUID,
    response: Response,
    options: ProcessCloseOptions | None = None,
) -> ProcessPublic:
    """Refused while sessions are ahead, unless `cancel_sessions` is set."""
    process = permissions.find_process(db, who, process_id, lock=True)
    cancel = bool(options and options.cancel_sessions)
    closing.close_process_and_sessions(db, settings.link_key, process, who, now, cancel_sessions=cancel)
    audit.note(db, now, "process.closed", f"process/{process.id}")
    return _process_response(db, process, response)


@router.post(
    "/processes/{process_id}/participants",
    status_code=201,
    tags=["participants"],
    responses={
        **documented(ProcessIsClosed, ProcessIsFull),
        202: {"model": ProposalPublic, "description": "Proposed by a client: the supervisor decides."},
    },
)
def create_participant(
    db: Db, now: Now, who: Reader, settings: Configured, process_id: UUID, wanted: ParticipantCreate, response: Response
) -> ParticipantPublic | ProposalPublic:
    """What a client asks for is a proposal (202); the supervisor accepts it, or not."""
    process = permissions.find_process(db, who, process_id, lock=True)
    if who.role is Role.client:
        response.status_code = 202
        proposal = proposals.propose_participant(db, process, wanted, now)
        return ProposalPublic.model_validate(proposal, from_attributes=True)
    person = erasure.add_participant(db, settings.link_key, process, wanted, now)
    response.headers["Location"] = f"/api/v1/processes/{process.id}/participants/{person.id}"
    return _participant_response(person, response)


@router.get("/processes/{process_id}/proposals", tags=["participants"])
def list_proposals(db: Db, who: Reader, process_id: UUID) -> Proposals:
    process = permissions.find_process(db, who, process_id)
    found = proposals.list_proposals(db, process.id)
    return Proposals(items=[ProposalPublic.model_validate(one, from_attributes=True) for one in found])


@router.post(
    "/processes/{process_id}/proposals/{proposal_id}/accept",
    status_code=201,
    tags=["participants"],
    responses=documented(ProcessIsClosed, ProcessIsFull),
)
def accept_proposal(
    db: Db, now: Now, who: Staff, settings: Configured, process_id: UUID, proposal_id: UUID, response: Response
) -> ParticipantPublic:
    process = permissions.find_process(db, who, process_id, lock=True)
    wanted = proposals.take_proposal(db, process.id, proposal_id)
    person = erasure.add_participant(db, settings.link_key, process, wanted, now)
    response.headers["Location"] = f"/api/v1/processes/{process.id}/participants/{person.id}"
    return _participant_response(person, response)


@router.delete("/processes/{process_id}/proposals/{proposal_id}", status_code=204, tags=["participants"])
def remove_proposal(db: Db, who: Reader, process_id: UUID, proposal_id: UUID) -> None:
    """Taken back by the client, or declined by the supervisor."""
    process = permissions.find_process(db, who, process_id, lock=True)
    proposals.take_proposal(db, process.id, proposal_id)


@router.get("/processes/{process_id}/participants/{participant_id}", tags=["participants"])
def show_participant(
    db: Db, who: Reader, process_id: UUID, participant_id: UUID, response: Response
) -> ParticipantPublic:
    process = permissions.find_process(db, who, process_id)
    return _participant_response(participants.find_participant(db, process.id, participant_id), response)


@router.patch("/processes/{process_id}/participants/{participant_id}", tags=["participants"])
def update_participant(
    db: Db,
    now: Now,
    who: Reader,
    settings: Configured,
    count: Count,
    process_id: UUID,
    participant_id: UUID,
    change: ParticipantUpdate,
    match: etags.Match,
    response: Response,
) -> ParticipantPublic:
    """A client may not change `summary_in_letter`, and `email` only until the participant has opened a link.

    With another address, links and calendars that were sent to the one before end; both addresses are told. The one
    that a client gives opens times only until the supervisor has accepted it; so does an administrator's where
    something confidential was written before.
    """
    if who.role is Role.client and "summary_in_letter" in change.model_fields_set:
        raise Forbidden
    process = permissions.find_process(db, who, process_id, lock=True)
    person = participants.find_participant(db, process.id, participant_id)
    if change.email and change.email != person.email:
        count("changes", person.id, who.credential)
    erasure.change_participant(db, settings.link_key, process, person, change, match, now, by=who.role)
    return _participant_response(person, response)


@router.post("/processes/{process_id}/participants/{participant_id}/accept-address", tags=["participants"])
def accept_participant_address(
    db: Db, now: Now, who: TheSupervisor, process_id: UUID, participant_id: UUID, match: etags.Match, response: Response
) -> ParticipantPublic:
    """Say yes to the address that the client gave: it is the participant's. Nobody but their supervisor can."""
    process = permissions.find_process(db, who, process_id, lock=True)
    person = participants.find_participant(db, process.id, participant_id)
    participants.accept_address(db, person, match, now)
    return _participant_response(person, response)


@router.delete("/processes/{process_id}/participants/{participant_id}", status_code=204, tags=["participants"])
def remove_participant(db: Db, now: Now, who: Reader, process_id: UUID, participant_id: UUID) -> None:
    """They get no more letters; past sessions and answers stay. A client can't once the process is closed."""
    process = permissions.find_process(db, who, process_id, lock=True)
    person = participants.find_participant(db, process.id, participant_id)
    erasure.end_participation(db, process, person, now, by_client=who.role is Role.client)


# -- the rights of a participant (GDPR articles 15, 17 and 20) ---------------------------------------------


def _participant_with_process(
    db: Database, who: Reader, participant_id: UUID, *, lock: bool = False
) -> tuple[Process, Participant]:
    person = db.get_one(Participant, participant_id)
    process = permissions.find_process(db, who, person.process_id, lock=lock)
    return process, participants.find_participant(db, process.id, participant_id)


@recorded.get("/participants/{participant_id}/export", tags=["participants"])
def download_participant_export(
    db: Db, now: Now, who: Staff, settings: Configured, participant_id: UUID
) -> ParticipantExport:
    process, person = _participant_with_process(db, who, participant_id)
    audit.note(db, now, "participant.exported", f"participant/{person.id}")
    return build_participant_export(db, settings, process, person, who.role, now)


@router.delete("/participants/{participant_id}", status_code=204, tags=["participants"])
def erase_participant(db: Db, now: Now, who: Staff, participant_id: UUID) -> None:
    """Erase a participant in all services. Anonymous statistics stay."""
    process, person = _participant_with_process(db, who, participant_id, lock=True)
    erasure.forget_participant(db, process, person, now)
    audit.note(db, now, "participant.erased", f"participant/{person.id}")
