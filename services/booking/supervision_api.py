"""Processes and their participants over HTTP."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import col, select

from services.booking import access, audit, closing, membership, own_words, participants, policy, supervision
from services.booking.models import Attendance, Participant, Process, Session
from services.booking.own_words import OwnWords
from services.booking.participants import PersonChange, PersonWish
from services.booking.parties_api import Configured, Reminders
from services.booking.policy import Policy
from services.booking.safe import safe
from services.booking.settings import Settings
from services.booking.shapes import Wish
from services.booking.supervision import ProcessChange, ProcessWish, SessionsAhead
from services.database import Database
from services.events.catalogue import Form
from services.web import etags
from services.web.etags import Match
from services.web.paging import Page, Paged, fetch
from services.web.problems import Forbidden, NotFound, documented
from services.web.tokens import Reader, Role, Staff
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute)
recorded = APIRouter(prefix="/api/v1", route_class=RecordedRoute)

Status = Literal["active", "closed"]


class ParticipantShown(BaseModel):
    id: UUID
    first_name: str
    last_name: str
    email: str
    employer: str | None
    summary_in_letter: bool
    joined_at: datetime
    left_at: datetime | None
    version: int


class ProcessShown(BaseModel):
    """A process with the people who are in it now."""

    id: UUID
    code: str
    status: Status
    client_id: UUID
    supervisor_id: UUID
    form: Form
    title: str
    planned_sessions: int
    session_minutes: int
    participants: list[ParticipantShown]
    cancellation_policy: Policy
    reminders: Reminders
    benefits: list[str]
    min_group_size: int
    session_feedback: bool
    opened_at: datetime
    closed_at: datetime | None
    version: int


class Closing(Wish):
    cancel_sessions: bool = False


def shown(process: Process, people: Iterable[Participant]) -> ProcessShown:
    return ProcessShown(
        participants=[person_shown(person) for person in people if person.left_at is None],
        cancellation_policy=policy.of(process),
        reminders=Reminders(days_before=process.reminder_days),
        **process.model_dump(),
    )


def person_shown(person: Participant) -> ParticipantShown:
    return ParticipantShown.model_validate(person, from_attributes=True)


def _answer(db: Database, process: Process, response: Response) -> ProcessShown:
    response.headers["ETag"] = supervision.version_tag(db, process)
    return shown(process, participants.of_process(db, process.id))


def _person_answer(person: Participant, response: Response) -> ParticipantShown:
    response.headers["ETag"] = etags.tag(person.version)
    return person_shown(person)


@router.post("/processes", status_code=201, tags=["processes"])
def open_process(
    db: Db, now: Now, who: Reader, settings: Configured, wish: ProcessWish, response: Response
) -> ProcessShown:
    process = supervision.open_process(db, settings.link_key, who, wish, now)
    audit.note(db, now, who.credential, "process.opened", f"process/{process.id}")
    response.headers["Location"] = f"/api/v1/processes/{process.id}"
    return _answer(db, process, response)


@router.get("/processes", tags=["processes"])
def list_processes(
    db: Db,
    who: Reader,
    paging: Paged,
    client_id: UUID | None = None,
    supervisor_id: UUID | None = None,
    status: Status | None = None,
) -> Page[ProcessShown]:
    wanted = {Process.client_id: client_id, Process.supervisor_id: supervisor_id, Process.status: status}
    query = select(Process).where(access.processes(who))
    for column, value in wanted.items():
        query = query if value is None else query.where(col(column) == value)
    found, cursor = fetch(db, query, (col(Process.opened_at), col(Process.id)), paging)
    people = participants.of_processes(db, [process.id for process in found])
    return Page[ProcessShown](items=[shown(one, people[one.id]) for one in found], next_cursor=cursor)


@router.get("/processes/{process_id}", tags=["processes"])
def show_process(db: Db, who: Reader, process_id: UUID, response: Response) -> ProcessShown:
    return _answer(db, access.process(db, who, process_id), response)


@router.patch("/processes/{process_id}", tags=["processes"])
def change_process(
    db: Db, now: Now, who: Reader, process_id: UUID, change: ProcessChange, match: Match, response: Response
) -> ProcessShown:
    """A client changes the title and the reminders; the rest is agreed with the supervisor."""
    return _answer(db, supervision.change(db, who, process_id, change, match, now), response)


@router.post("/processes/{process_id}/close", tags=["processes"], responses=documented(SessionsAhead))
def close_process(
    db: Db,
    now: Now,
    who: Staff,
    settings: Configured,
    process_id: UUID,
    response: Response,
    wish: Closing | None = None,
) -> ProcessShown:
    """With meetings ahead it is refused, unless they are to be called off with it."""
    process = access.process(db, who, process_id, lock=True)
    closing.close(db, settings.link_key, process, who, now, cancel_sessions=bool(wish and wish.cancel_sessions))
    audit.note(db, now, who.credential, "process.closed", f"process/{process.id}")
    return _answer(db, process, response)


@router.post("/processes/{process_id}/participants", status_code=201, tags=["participants"])
def add_participant(
    db: Db, now: Now, who: Reader, settings: Configured, process_id: UUID, wish: PersonWish, response: Response
) -> ParticipantShown:
    process = access.process(db, who, process_id, lock=True)
    person = membership.add(db, settings.link_key, process, wish, now)
    response.headers["Location"] = f"/api/v1/processes/{process.id}/participants/{person.id}"
    return _person_answer(person, response)


@router.get("/processes/{process_id}/participants/{participant_id}", tags=["participants"])
def show_participant(
    db: Db, who: Reader, process_id: UUID, participant_id: UUID, response: Response
) -> ParticipantShown:
    process = access.process(db, who, process_id)
    return _person_answer(participants.in_process(db, process.id, participant_id), response)


@router.patch("/processes/{process_id}/participants/{participant_id}", tags=["participants"])
def change_participant(
    db: Db,
    now: Now,
    who: Reader,
    process_id: UUID,
    participant_id: UUID,
    change: PersonChange,
    match: Match,
    response: Response,
) -> ParticipantShown:
    """Whether the words of summaries come in letters is the participant's to choose, and never the client's."""
    if who.role is Role.client and "summary_in_letter" in change.model_fields_set:
        raise Forbidden
    process = access.process(db, who, process_id, lock=True)
    person = participants.in_process(db, process.id, participant_id)
    membership.change(db, process, person, change, match, now)
    return _person_answer(person, response)


@router.delete("/processes/{process_id}/participants/{participant_id}", status_code=204, tags=["participants"])
def remove_participant(db: Db, now: Now, who: Reader, process_id: UUID, participant_id: UUID) -> None:
    """They get no more letters; what they took part in stays."""
    process = access.process(db, who, process_id, lock=True)
    membership.remove(db, process, participants.in_process(db, process.id, participant_id), now)


# -- the rights of a participant (GDPR articles 15, 17 and 20) ---------------------------------------------


class SessionTaken(BaseModel):
    """A meeting of the participant's process, and whether they came."""

    id: UUID
    number: int
    status: str
    starts_at: datetime
    ends_at: datetime
    attendance: str | None


class Export(BaseModel):
    """Everything that this service holds about a participant, and where the rest of it is asked for."""

    participant: ParticipantShown
    process_code: str
    process_title: str
    form: Form
    sessions: list[SessionTaken]
    own_words: OwnWords
    elsewhere: list[str]


def _held_person(db: Database, who: Reader, participant_id: UUID, *, lock: bool = False) -> tuple[Process, Participant]:
    person = db.get(Participant, participant_id)
    if person is None:
        raise NotFound
    process = access.process(db, who, person.process_id, lock=lock)
    return process, participants.in_process(db, process.id, participant_id)


def _sessions_taken(db: Database, person: Participant) -> list[SessionTaken]:
    query = select(Session, Attendance.state).where(col(Session.process_id) == person.process_id)
    mine = (col(Attendance.session_id) == Session.id) & (col(Attendance.participant_id) == person.id)
    rows = db.execute(query.join(Attendance, mine, isouter=True).order_by(col(Session.starts_at))).all()
    return [SessionTaken(attendance=state, **meeting.model_dump()) for meeting, state in rows]


def export(db: Database, settings: Settings, process: Process, person: Participant) -> Export:
    places = (settings.notifier_public_url, settings.reporting_public_url)
    return Export(
        participant=person_shown(person),
        process_code=process.code,
        process_title=process.title,
        form=process.form,
        sessions=_sessions_taken(db, person),
        own_words=own_words.of_participant(db, safe(settings.notes_key), person.id),
        elsewhere=[f"{place}/api/v1/participants/{person.id}/export" for place in places],
    )


@recorded.get("/participants/{participant_id}/export", tags=["participants"])
def export_participant(db: Db, now: Now, who: Staff, settings: Configured, participant_id: UUID) -> Export:
    process, person = _held_person(db, who, participant_id)
    audit.note(db, now, who.credential, "participant.exported", f"participant/{person.id}")
    return export(db, settings, process, person)


@router.delete("/participants/{participant_id}", status_code=204, tags=["participants"])
def erase_participant(db: Db, now: Now, who: Staff, participant_id: UUID) -> None:
    """Forget a participant in all services. What was counted without names stays."""
    process, person = _held_person(db, who, participant_id, lock=True)
    membership.erase(db, process, person, now)
    audit.note(db, now, who.credential, "participant.erased", f"participant/{person.id}")
