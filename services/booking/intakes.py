"""First talks (kartoittava keskustelu): a time is held until the link in the letter is confirmed, or half an hour.

A hold is a reservation that expires. Whoever confirms in time makes it last, and nobody can once it has expired; so of
those who want one time exactly one gets it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, update
from sqlmodel import col, select

from services import clock
from services.booking import availability, links, offers, reservations, supervision
from services.booking.models import Intake, Link, Supervisor
from services.booking.shapes import EmailAddress, Instant, Line, Lines, Name, Wish
from services.booking.slots import Span
from services.booking.supervision import ProcessWish
from services.database import Database, new_id, transaction
from services.events.catalogue import Actor, Form, IntakeCancelled, IntakeConfirmed, IntakeEvent, IntakeRequested
from services.events.outbox import stage
from services.log import logger
from services.web.language import Text
from services.web.problems import NotFound, Problem
from services.web.tokens import Principal
from services.web.validation import invalid

log = logger(__name__)

HELD_FOR = timedelta(minutes=30)
EXPIRED_AT_ONCE = 100


class IntakeWish(Wish):
    supervisor_id: UUID
    starts_at: Instant
    name: Name
    email: EmailAddress
    organisation: Line | None = None
    message: Lines | None = None


class OutcomeWish(Wish):
    """What the talk led to: whether work begins and in which form; the process can be opened at once."""

    start: bool
    recommended_form: Form | None = None
    process: ProcessWish | None = None


class IntakeExpired(Problem):
    """This time was not confirmed while it was held."""

    status = 410
    finnish = "Aikaa ei vahvistettu ajoissa, joten sen varaus raukesi."
    advice = Text(fi="Valitse uusi aika.", en="Choose another time.")


class IntakeIsCancelled(Problem):
    """This talk was called off."""

    status = 409
    finnish = "Tämä keskustelu on peruttu."


class IntakeNotConfirmed(Problem):
    """This talk has not been confirmed."""

    status = 409
    finnish = "Tätä keskustelua ei ole vahvistettu."
    advice = Text(fi="Vahvista aika ensin kirjeen linkistä.", en="Confirm it first by the link in the letter.")


class IntakeHasBegun(Problem):
    """This talk has begun already."""

    status = 409
    finnish = "Tämä keskustelu on jo alkanut."


class IntakeHasProcess(Problem):
    """A process has been opened from this talk already."""

    status = 409
    finnish = "Tästä keskustelusta on jo avattu prosessi."


def request(db: Database, link_key: str, wish: IntakeWish, now: datetime) -> Intake:
    """Hold a time for somebody who is not known yet."""
    practice = availability.load(db, wish.supervisor_id)
    span = Span(wish.starts_at, wish.starts_at + practice.intake_length)
    offers.ensure_ahead(span.start, now)
    offers.ensure_offered(db, practice, None, span, now)
    intake = Intake(
        id=new_id(),
        **wish.model_dump(exclude={"starts_at"}),
        starts_at=span.start,
        ends_at=span.end,
        requested_at=now,
        expires_at=min(now + HELD_FOR, span.start),
    )
    if reservations.reserve(db, practice, {intake.id: span}, now, intake.expires_at):
        raise offers.slot_taken(db, practice, None, span, Actor.client, now)
    db.add(intake)
    links.issue(db, link_key, links.Purpose.intake, intake.id, intake.ends_at, intake.link)
    _tell(db, IntakeRequested, intake, practice.supervisor, Actor.client, now)
    return intake


def locked(db: Database, intake_id: UUID, seen: ColumnElement[bool]) -> Intake:
    """A talk of a supervisor who meets this condition, with its row locked."""
    query = select(Intake).join(Supervisor, col(Supervisor.id) == Intake.supervisor_id)
    query = query.where(Intake.id == intake_id, seen).with_for_update(of=Intake)
    intake = db.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if intake is None:
        raise NotFound
    return intake


def confirm(db: Database, intake: Intake, by: Actor, now: datetime) -> None:
    """Make a hold last. Confirming twice is confirming once."""
    if intake.status == "confirmed":
        return
    if intake.status == "cancelled":
        raise IntakeIsCancelled
    if intake.status == "expired" or intake.expires_at <= now or not reservations.keep(db, intake.id):
        raise _expired(db, intake, now)
    intake.status, intake.confirmed_at = "confirmed", now
    _change(db, IntakeConfirmed, intake, by, now)


def move(db: Database, intake: Intake, starts_at: datetime, by: Actor, now: datetime) -> None:
    """Take another time and give the old one back."""
    _ensure_ahead(intake, now)
    practice = availability.load(db, intake.supervisor_id, lock=True)
    span = Span(starts_at, starts_at + (intake.ends_at - intake.starts_at))
    if span == (intake.starts_at, intake.ends_at):
        return
    offers.ensure_ahead(span.start, now)
    reservations.drop_expired_holds(db, practice.supervisor.id, now)
    reservations.release(db, [intake.id])
    if offers.is_bound(by):
        offers.ensure_offered(db, practice, None, span, now)
    if reservations.reserve(db, practice, {intake.id: span}, now):
        raise offers.slot_taken(db, practice, None, span, by, now)
    intake.starts_at, intake.ends_at = span
    db.execute(update(Link).where(col(Link.subject_id) == intake.id).values(expires_at=span.end))
    _change(db, IntakeConfirmed, intake, by, now)


def cancel(db: Database, intake: Intake, by: Actor, now: datetime) -> None:
    """Give the time up. What is over already stays as it is."""
    if intake.status not in ("held", "confirmed"):
        return
    if intake.starts_at <= now:
        raise IntakeHasBegun
    intake.status = "cancelled"
    reservations.release(db, [intake.id])
    _change(db, IntakeCancelled, intake, by, now)


def record_outcome(
    db: Database, link_key: str, who: Principal, intake: Intake, wish: OutcomeWish, now: datetime
) -> None:
    """Write down what the talk led to. It may be corrected, but a process is opened once."""
    _ensure_confirmed(intake)
    if wish.process:
        if intake.process_id:
            raise IntakeHasProcess
        _check_process(intake, wish, wish.process)
        intake.process_id = supervision.open_process(db, link_key, who, wish.process, now).id
    intake.start, intake.recommended_form = wish.start, wish.recommended_form
    db.flush()


def expire_due(engine: Engine) -> bool:
    """Let go of what nobody confirmed in time; whether more may wait. Their times have been free since."""
    with transaction(engine) as db:
        now = clock.now(db)
        due = select(Intake).where(Intake.status == "held", col(Intake.expires_at) <= now)
        due = due.order_by(col(Intake.expires_at)).limit(EXPIRED_AT_ONCE).with_for_update(skip_locked=True)
        expired = db.scalars(due).all()
        for intake in expired:
            intake.status = "expired"
            reservations.release(db, [intake.id])
            _change(db, IntakeCancelled, intake, Actor.client, now)
            log.info("intake.expired", intake_id=str(intake.id))
    return len(expired) == EXPIRED_AT_ONCE


def _expired(db: Database, intake: Intake, now: datetime) -> IntakeExpired:
    practice = availability.load(db, intake.supervisor_id)
    span = Span(intake.starts_at, intake.ends_at)
    return IntakeExpired(alternatives=offers.alternatives(db, practice, None, span, now))


def _ensure_confirmed(intake: Intake) -> None:
    if intake.status == "cancelled":
        raise IntakeIsCancelled
    if intake.status != "confirmed":
        raise IntakeNotConfirmed


def _ensure_ahead(intake: Intake, now: datetime) -> None:
    _ensure_confirmed(intake)
    if intake.starts_at <= now:
        raise IntakeHasBegun


def _check_process(intake: Intake, wish: OutcomeWish, process: ProcessWish) -> None:
    if not wish.start:
        raise invalid("process", "Prosessi avataan vain, jos työ alkaa.", "A process is opened only if work begins.")
    if process.supervisor_id != intake.supervisor_id:
        raise invalid("process.supervisor_id", "Keskustelu käytiin toisen kanssa.", "The talk was with another one.")


def _change(db: Database, kind: type[IntakeEvent], intake: Intake, by: Actor, now: datetime) -> None:
    intake.version += 1
    db.flush()
    _tell(db, kind, intake, db.get_one(Supervisor, intake.supervisor_id), by, now)


def _tell(
    db: Database, kind: type[IntakeEvent], intake: Intake, supervisor: Supervisor, by: Actor, now: datetime
) -> None:
    event = kind(
        version=intake.version,
        intake_id=intake.id,
        supervisor_id=intake.supervisor_id,
        status=intake.status,
        starts_at=intake.starts_at,
        ends_at=intake.ends_at,
        full_name=intake.name,
        email=intake.email,
        location=supervisor.location,
        expires_at=intake.expires_at,
        link=intake.link,
        changed_by=by,
    )
    stage(db, "booking", now, [event])
