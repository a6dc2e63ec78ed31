"""Supervision processes: what was agreed when one opens, what changes on the way, and how it ends."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy import text
from sqlmodel import col, select

from services.booking import access, participants
from services.booking.benefits import Benefits
from services.booking.models import Client, Process, Session, Supervisor
from services.booking.participants import People, PersonWish
from services.booking.reminders import RemindersWish
from services.booking.shapes import Line, Wish, optional
from services.database import Database
from services.events import catalogue
from services.events.catalogue import Form, ProcessChanged, ProcessClosed, ProcessEvent, ProcessOpened
from services.events.outbox import stage
from services.web.etags import IfMatch, tag
from services.web.language import Text
from services.web.problems import Forbidden, Problem
from services.web.tokens import Principal, Role
from services.web.validation import invalid

ZONE = ZoneInfo("Europe/Helsinki")
LENGTHS = {form: (45, 60) if form is Form.individual else (75, 120) for form in Form}
FREE_UNTIL_HOURS = {form: 24 if form is Form.individual else 48 for form in Form}

Percent = Annotated[int, Field(ge=0, le=100)]
Hours = Annotated[int, Field(ge=0, le=24 * 30)]
Planned = Annotated[int, Field(ge=1, le=200)]
GroupSize = Annotated[int, Field(ge=3, le=participants.LARGEST)]
"""Answers from which on the client sees figures; fewer than three would betray each other."""


class PolicyWish(Wish):
    """The terms on which a meeting can be called off. What is left out is as usual."""

    free_until_hours: Hours | None = Field(default=None, description="24 for one person, 48 for several.")
    late_fee_percent: Percent = 100
    no_show_fee_percent: Percent = 100
    waive_force_majeure: bool = True


class ProcessWish(Wish):
    client_id: UUID
    supervisor_id: UUID
    form: Form
    title: Line
    planned_sessions: Planned
    session_minutes: int
    participants: Annotated[list[PersonWish], Field(max_length=participants.LARGEST)]
    cancellation_policy: PolicyWish | None = None
    reminders: RemindersWish | None = Field(default=None, description="Left out: as the supervisor usually does.")
    benefits: Benefits = Field(default=[])
    min_group_size: GroupSize = 5
    session_feedback: bool = False


class ProcessChange(Wish):
    title: Line = optional()
    planned_sessions: Planned = optional()
    session_minutes: int = optional()
    cancellation_policy: PolicyWish = optional()
    reminders: RemindersWish = optional()
    benefits: Benefits = optional()
    min_group_size: GroupSize = optional()
    session_feedback: bool = optional()


class ProcessIsClosed(Problem):
    """This process has ended."""

    status = 409
    finnish = "Tämä työnohjausprosessi on päättynyt."


class SessionsAhead(Problem):
    """There are still meetings ahead in this process."""

    status = 409
    finnish = "Prosessissa on vielä tulevia tapaamisia."
    advice = Text(
        fi="Peru ne ensin tai päätä prosessi kentällä cancel_sessions: true.",
        en="Cancel them first, or close with cancel_sessions: true.",
    )


def open_process(db: Database, link_key: str, who: Principal, wish: ProcessWish, now: datetime) -> Process:
    client, supervisor = _parties(db, who, wish)
    _check(wish)
    process = Process(
        code=_next_code(db, now),
        client_id=client.id,
        supervisor_id=supervisor.id,
        form=wish.form,
        title=wish.title,
        planned_sessions=wish.planned_sessions,
        session_minutes=wish.session_minutes,
        reminder_days=wish.reminders.in_order if wish.reminders else supervisor.reminder_days,
        benefits=wish.benefits,
        min_group_size=wish.min_group_size,
        session_feedback=wish.session_feedback,
        opened_at=now,
        **_terms(wish.form, wish.cancellation_policy or PolicyWish()),
    )
    db.add(process)
    db.flush()
    people = [participants.join(db, link_key, process.id, person, now) for person in wish.participants]
    opened = event(db, process, ProcessOpened)
    stage(db, "booking", now, [opened, *(participants.changed(person) for person in people)])
    return process


def _parties(db: Database, who: Principal, wish: ProcessWish) -> tuple[Client, Supervisor]:
    """A client orders from any supervisor, a supervisor works for any client that they see."""
    if who.role is Role.client and wish.model_fields_set & {"cancellation_policy", "min_group_size"}:
        raise Forbidden(TERMS_ARE_THE_SUPERVISORS)
    client = access.client(db, who, wish.client_id)
    if who.role is Role.client:
        return client, db.get_one(Supervisor, wish.supervisor_id)
    return client, access.practice(db, who, wish.supervisor_id)


TERMS_ARE_THE_SUPERVISORS = Text(
    fi="Peruutusehdoista ja työnohjauksen laajuudesta sovitaan työnohjaajan kanssa.",
    en="Cancellation terms and the extent of the work are the supervisor's to change.",
)


def _check(wish: ProcessWish) -> None:
    _check_length(wish.form, wish.session_minutes)
    participants.check_number(wish.form, len(wish.participants))
    participants.check_addresses([person.email for person in wish.participants])


def _check_length(form: Form, minutes: int) -> None:
    if minutes not in LENGTHS[form]:
        one, other = LENGTHS[form]
        raise invalid("session_minutes", f"Pituus on {one} tai {other} min.", f"A meeting lasts {one} or {other} min.")


def _next_code(db: Database, now: datetime) -> str:
    number = db.scalars(text("SELECT nextval('process_number')")).one()
    return f"TO-{now.astimezone(ZONE).year}-{number:03}"


def _terms(form: Form, policy: PolicyWish) -> dict[str, Any]:
    terms = policy.model_dump()
    return terms if policy.free_until_hours is not None else terms | {"free_until_hours": FREE_UNTIL_HOURS[form]}


def change(
    db: Database, who: Principal, process_id: UUID, wish: ProcessChange, match: IfMatch, now: datetime
) -> Process:
    process = access.process(db, who, process_id, lock=True)
    match.check(version_tag(db, process))
    ensure_open(process)
    _check_rights(who, wish)
    values = wish.model_dump(exclude_unset=True, exclude={"cancellation_policy", "reminders"})
    if "session_minutes" in values:
        _check_length(process.form, wish.session_minutes)
    if "cancellation_policy" in wish.model_fields_set:
        values |= _terms(process.form, wish.cancellation_policy)
    if "reminders" in wish.model_fields_set:
        values["reminder_days"] = wish.reminders.in_order
    process.sqlmodel_update(values)
    stage(db, "booking", now, [changed(db, process)])
    return process


def _check_rights(who: Principal, wish: ProcessChange) -> None:
    if who.role is Role.client and wish.model_fields_set - {"title", "reminders"}:
        raise Forbidden(TERMS_ARE_THE_SUPERVISORS)


def ensure_open(process: Process) -> None:
    if process.status == "closed":
        raise ProcessIsClosed


def sessions_ahead(db: Database, process_id: UUID, now: datetime) -> Sequence[Session]:
    booked = select(Session).where(col(Session.process_id) == process_id, col(Session.status) == "booked")
    return db.scalars(booked.where(col(Session.starts_at) > now).order_by(col(Session.starts_at))).all()


def close(db: Database, process: Process, now: datetime) -> None:
    """End a process that has nothing ahead. The caller holds the lock on its row."""
    ensure_open(process)
    if ahead := sessions_ahead(db, process.id, now):
        listed = [{"id": meeting.id, "number": meeting.number, "starts_at": meeting.starts_at} for meeting in ahead]
        raise SessionsAhead(sessions=listed)
    process.status, process.closed_at, process.version = "closed", now, process.version + 1
    stage(db, "booking", now, [event(db, process, ProcessClosed)])


def version_tag(db: Database, process: Process) -> str:
    """The version of a process as it is shown: with its people, who have versions of their own."""
    return tag(process.version, sum(person.version for person in participants.of_process(db, process.id)))


# -- events -----------------------------------------------------------------------------------------------

P = TypeVar("P", bound=ProcessEvent)


def changed(db: Database, process: Process) -> ProcessChanged:
    """Raise the version of a process, whose row is locked, and tell what it is now."""
    process.version += 1
    return event(db, process, ProcessChanged)


def event(db: Database, process: Process, kind: type[P]) -> P:
    return kind(
        version=process.version,
        process_id=process.id,
        code=process.code,
        title=process.title,
        form=process.form,
        status="closed" if process.status == "closed" else "active",
        supervisor_id=process.supervisor_id,
        client=_client(db.get_one(Client, process.client_id)),
        participant_ids=tuple(person.id for person in active(db, process.id)),
        planned_sessions=process.planned_sessions,
        session_minutes=process.session_minutes,
        reminder_days=tuple(process.reminder_days),
        benefits=tuple(process.benefits),
        min_group_size=process.min_group_size,
        session_feedback=process.session_feedback,
        opened_at=process.opened_at,
        closed_at=process.closed_at,
    )


def active(db: Database, process_id: UUID) -> People:
    return [person for person in participants.of_process(db, process_id) if person.left_at is None]


def _client(client: Client) -> catalogue.Client:
    return catalogue.Client(
        client_id=client.id,
        kind="organisation" if client.kind == "organisation" else "person",
        name=client.name,
        first_name=client.first_name,
        last_name=client.last_name,
        email=client.email,
    )
