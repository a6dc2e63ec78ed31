"""Supervision processes: opening, changing and closing one."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import text
from sqlmodel import col, select

from services.booking.calendar.availability import ensure_takes_bookings
from services.booking.models.people import Client, Participant, Process, Supervisor
from services.booking.models.sessions import Session
from services.booking.security import credentials, permissions
from services.booking.security.permissions import REQUESTED
from services.booking.supervision import events, participants, requests
from services.booking.supervision.benefits import Benefits
from services.booking.supervision.participants import MAX_PARTICIPANTS, ParticipantCreate, Participants
from services.booking.supervision.parties import RemindersCreate
from services.core.database import Database
from services.events.catalogue import Form, ProcessClosed, ProcessOpened, ProcessRequested
from services.events.outbox import stage
from services.finnish.workdays import local
from services.web.errors.problems import Forbidden, Problem
from services.web.errors.validation import invalid
from services.web.i18n.language import Text
from services.web.protocol.etags import IfMatch, etag
from services.web.protocol.fields import Line, RequestBody, optional
from services.web.security.tokens import Principal, Role

SESSION_LENGTHS = {form: (45, 60) if form is Form.individual else (75, 120) for form in Form}
DEFAULT_FREE_UNTIL_HOURS = {form: 24 if form is Form.individual else 48 for form in Form}

Percent = Annotated[int, Field(ge=0, le=100)]
FreeUntilHours = Annotated[int, Field(ge=0, le=24 * 30)]
PlannedSessions = Annotated[int, Field(ge=1, le=200)]
GroupSize = Annotated[int, Field(ge=3, le=MAX_PARTICIPANTS)]
"""How many answers the client needs to see figures; fewer than three would reveal who answered what."""


class CancellationPolicyCreate(RequestBody):
    """The terms on which a session can be cancelled. Fields left out have their defaults."""

    free_until_hours: FreeUntilHours | None = Field(default=None, description="24 for one person, 48 for several.")
    late_fee_percent: Percent = 100
    no_show_fee_percent: Percent = 100
    waive_force_majeure: bool = True


class ProcessCreate(RequestBody):
    client_id: UUID
    supervisor_id: UUID
    form: Form
    title: Line
    planned_sessions: PlannedSessions
    session_minutes: int
    participants: Annotated[list[ParticipantCreate], Field(max_length=MAX_PARTICIPANTS)]
    cancellation_policy: CancellationPolicyCreate | None = None
    reminders: RemindersCreate | None = Field(default=None, description="Left out: the supervisor's default.")
    benefits: Benefits = Field(default=[])
    min_group_size: GroupSize = 5
    session_feedback: bool = False
    clients_may_exceed: bool = Field(default=False, description="Whether the client may book more than planned.")


class ProcessUpdate(RequestBody):
    title: Line = optional()
    planned_sessions: PlannedSessions = optional()
    session_minutes: int = optional()
    cancellation_policy: CancellationPolicyCreate = optional()
    reminders: RemindersCreate = optional()
    benefits: Benefits = optional()
    min_group_size: GroupSize = optional()
    session_feedback: bool = optional()
    clients_may_exceed: bool = optional()


class ProcessIsClosed(Problem):
    """This process is closed."""

    status = 409
    finnish = "Tämä työnohjausprosessi on päättynyt."
    advice = Text(
        fi="Sovi jatkosta työnohjaajan kanssa: uutta työtä varten avataan uusi prosessi.",
        en="Agree with the supervisor on how to go on: new work needs a new process.",
    )


class SessionsAhead(Problem):
    """There are still sessions ahead in this process."""

    status = 409
    finnish = "Prosessissa on vielä tulevia tapaamisia."
    advice = Text(
        fi="Peru ne ensin tai päätä prosessi kentällä cancel_sessions: true.",
        en="Cancel them first, or close with cancel_sessions: true.",
    )


def open_process(db: Database, link_key: str, who: Principal, wanted: ProcessCreate, now: datetime) -> Process:
    """A client's process may have to wait for its supervisor's yes; nobody hears of it before."""
    client, supervisor = _parties(db, who, wanted)
    ensure_takes_bookings(supervisor)
    _check_new_process(wanted)
    is_request = requests.needs_answer(db, who, client, supervisor, now)
    process = Process(
        status=REQUESTED if is_request else "active",
        answer_by=now + requests.ANSWERED_WITHIN if is_request else None,
        code=_next_code(db, now),
        client_id=client.id,
        supervisor_id=supervisor.id,
        form=wanted.form,
        title=wanted.title,
        planned_sessions=wanted.planned_sessions,
        session_minutes=wanted.session_minutes,
        reminder_days=wanted.reminders.in_order if wanted.reminders else supervisor.reminder_days,
        benefits=wanted.benefits,
        min_group_size=wanted.min_group_size,
        session_feedback=wanted.session_feedback,
        clients_may_exceed=wanted.clients_may_exceed,
        opened_at=now,
        **_terms(wanted.form, wanted.cancellation_policy or CancellationPolicyCreate()),
    )
    db.add(process)
    db.flush()
    for person in wanted.participants:
        participants.enrol_participant(db, link_key, process.id, person, now)
    if is_request:
        stage(db, "booking", now, [ProcessRequested.of(process, process_id=process.id)])
    else:
        begin_process(db, process, now)
    return process


def begin_process(db: Database, process: Process, now: datetime) -> None:
    """Its supervisor has agreed, so that everybody is told, and what other supervisors issued to the client ends."""
    credentials.end_issued_by_others(db, process.client_id, process.supervisor_id, now)
    opened = events.process_event(db, process, ProcessOpened)
    people = list_active_participants(db, process.id)
    stage(db, "booking", now, [opened, *(events.participant_changed(person) for person in people)])


def _parties(db: Database, who: Principal, wanted: ProcessCreate) -> tuple[Client, Supervisor]:
    """A client may choose any supervisor, a supervisor any client that they see."""
    if who.role is Role.client and wanted.model_fields_set & {
        "cancellation_policy",
        "min_group_size",
        "clients_may_exceed",
    }:
        raise Forbidden(TERMS_FORBIDDEN)
    client = permissions.find_client(db, who, wanted.client_id)
    if who.role is Role.client:
        return client, db.get_one(Supervisor, wanted.supervisor_id)
    return client, permissions.find_managed_supervisor(db, who, wanted.supervisor_id)


SUPERVISORS_TERMS = {"cancellation_policy", "min_group_size", "clients_may_exceed"}
TERMS_FORBIDDEN = Text(
    fi="Sovi peruutusehdoista ja työnohjauksen laajuudesta työnohjaajan kanssa.",
    en="Agree with the supervisor on the cancellation terms and the extent of the work.",
)


def _check_new_process(wanted: ProcessCreate) -> None:
    _check_length(wanted.form, wanted.session_minutes)
    participants.check_participant_count(wanted.form, len(wanted.participants))
    participants.check_addresses_differ([person.email for person in wanted.participants])


def _check_length(form: Form, minutes: int) -> None:
    if minutes not in SESSION_LENGTHS[form]:
        one, other = SESSION_LENGTHS[form]
        raise invalid("session_minutes", f"Pituus on {one} tai {other} min.", f"A session lasts {one} or {other} min.")


def _next_code(db: Database, now: datetime) -> str:
    number = db.scalars(text("SELECT nextval('process_number')")).one()
    return f"TO-{local(now).year}-{number:03}"


def _terms(form: Form, policy: CancellationPolicyCreate) -> dict[str, Any]:
    terms = policy.model_dump()
    return terms | ({"free_until_hours": DEFAULT_FREE_UNTIL_HOURS[form]} if policy.free_until_hours is None else {})


def change_process(
    db: Database, who: Principal, process_id: UUID, wanted: ProcessUpdate, match: IfMatch, now: datetime
) -> Process:
    process = permissions.find_process(db, who, process_id, lock=True)
    match.check(process_etag(db, process))
    ensure_process_open(process)
    if who.role is Role.client and wanted.model_fields_set - {"title", "reminders"}:
        raise Forbidden(TERMS_FORBIDDEN)
    values = wanted.model_dump(exclude_unset=True, exclude={"cancellation_policy", "reminders"})
    if "session_minutes" in values:
        _check_length(process.form, wanted.session_minutes)
    if "cancellation_policy" in wanted.model_fields_set:
        values |= _terms(process.form, wanted.cancellation_policy)
    if "reminders" in wanted.model_fields_set:
        values["reminder_days"] = wanted.reminders.in_order
    process.sqlmodel_update(values)
    stage(db, "booking", now, [events.process_changed(db, process)])
    return process


def ensure_process_open(process: Process) -> None:
    if process.status == "closed":
        raise ProcessIsClosed


def list_sessions_ahead(db: Database, process_id: UUID, now: datetime) -> Sequence[Session]:
    booked = select(Session).where(col(Session.process_id) == process_id, col(Session.status) == "booked")
    return db.scalars(booked.where(col(Session.starts_at) > now).order_by(col(Session.starts_at))).all()


def end_process(db: Database, process: Process, now: datetime) -> None:
    """Close a process that has no sessions ahead. The caller holds the lock on its row."""
    ensure_process_open(process)
    if ahead := list_sessions_ahead(db, process.id, now):
        listed = [{"id": one.id, "number": one.number, "starts_at": one.starts_at} for one in ahead]
        raise SessionsAhead(sessions=listed)
    process.status, process.closed_at, process.version = "closed", now, process.version + 1
    stage(db, "booking", now, [events.process_event(db, process, ProcessClosed)])


def process_etag(db: Database, process: Process) -> str:
    return etag(process_version(process, participants.list_participants_of_process(db, process.id)))


def process_version(process: Process, people: Iterable[Participant]) -> int:
    """The version of a process with its participants, who have versions of their own: 1 at first, it only rises."""
    later = sum(person.version - (person.joined_at == process.opened_at) for person in people)
    return process.version + later


def list_other_participants(db: Database, person: Participant) -> Participants:
    return [other for other in list_active_participants(db, person.process_id) if other.id != person.id]


def list_active_participants(db: Database, process_id: UUID) -> Participants:
    return [person for person in participants.list_participants_of_process(db, process_id) if person.left_at is None]
