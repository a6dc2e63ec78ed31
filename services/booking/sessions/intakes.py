"""Intakes (kartoittava keskustelu): a time is held until the link in the letter is confirmed, or half an hour.

A hold is a reservation that expires. Confirming in time makes it permanent, and an expired hold can't be confirmed; so
exactly one of those who want the same time gets it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Select, delete, update
from sqlmodel import col, select

from services.booking.calendar import availability, offers, reservations
from services.booking.calendar.slots import Span
from services.booking.models.people import Supervisor
from services.booking.models.security import Link
from services.booking.models.sessions import Intake
from services.booking.security import links
from services.booking.sessions import events
from services.booking.sessions.hold_limits import HOLD_DURATION, Asker, ensure_within_limits
from services.booking.settings import Settings
from services.booking.supervision import processes
from services.core import clock
from services.core.database import Database, new_id, transaction
from services.core.logs import logger
from services.events.catalogue import Actor, Form, IntakeCancelled, IntakeConfirmed, IntakeEvent, IntakeRequested
from services.events.outbox import stage
from services.web.errors.problems import Problem
from services.web.errors.validation import invalid
from services.web.i18n.language import Text
from services.web.protocol.fields import EmailAddress, Instant, Line, Lines, Name, RequestBody
from services.web.security import audit
from services.web.security.links import digest, is_wellformed, new_link
from services.web.security.tokens import Principal

log = logger(__name__)

BATCH_SIZE = 100


class IntakeCreate(RequestBody):
    supervisor_id: UUID
    starts_at: Instant
    name: Name
    email: EmailAddress
    organisation: Line | None = None
    message: Lines | None = None


class IntakeOutcomeCreate(RequestBody):
    """What the intake led to: whether work begins and in which form; the process can be opened at once."""

    start: bool
    recommended_form: Form | None = None
    process: processes.ProcessCreate | None = None


class IntakeAddressUpdate(RequestBody):
    """The right address of somebody who asked for an intake."""

    email: EmailAddress


class IntakeExpired(Problem):
    """This time was not confirmed in time, so its hold expired."""

    status = 410
    finnish = "Aikaa ei vahvistettu ajoissa, joten sen varaus raukesi."
    advice = Text(fi="Valitse uusi aika.", en="Choose another time.")


class IntakeIsCancelled(Problem):
    """This intake has been cancelled."""

    status = 409
    finnish = "Tämä keskustelu on peruttu."
    advice = Text(fi="Varaa tarvittaessa uusi aika.", en="Ask for another time if you need one.")


class IntakeNotConfirmed(Problem):
    """This intake has not been confirmed."""

    status = 409
    finnish = "Tätä keskustelua ei ole vahvistettu."
    advice = Text(fi="Vahvista aika ensin kirjeen linkistä.", en="Confirm it first with the link in the letter.")


class IntakeHasBegun(Problem):
    """This intake has begun already."""

    status = 409
    finnish = "Tämä keskustelu on jo alkanut."
    advice = Text(fi="Sovi muutoksesta työnohjaajan kanssa.", en="Agree on any change with the supervisor.")


class IntakeHasProcess(Problem):
    """A process has been opened from this intake already."""

    status = 409
    finnish = "Tästä keskustelusta on jo avattu prosessi."
    advice = Text(fi="Jatka avatussa prosessissa.", en="Go on with the process that was opened.")


def hold_intake(
    db: Database,
    settings: Settings,
    wanted: IntakeCreate,
    asker: Asker,
    now: datetime,
    instead_of: Intake | None = None,
) -> Intake:
    """Hold a time for somebody who has no account; a hold of theirs that this one corrects is given up for it.

    What they hold already, word for word, they go on holding.
    """
    if instead_of and all(getattr(instead_of, field) == value for field, value in wanted):
        instead_of.requested_at = now
        return instead_of
    practice = availability.load_practice(db, wanted.supervisor_id, lock=True)
    if instead_of:
        give_up_intake(db, instead_of, Actor.client, now)
    span = Span(wanted.starts_at, wanted.starts_at + practice.intake_length)
    offers.ensure_in_future(span.start, now)
    offers.ensure_offered(db, practice, None, span, now)
    intake = Intake(
        id=new_id(),
        **wanted.model_dump(exclude={"starts_at"}),
        starts_at=span.start,
        ends_at=span.end,
        network=asker.network,
        browser=asker.browser,
        link=new_link(settings.link_key),
        requested_at=now,
        expires_at=min(now + HOLD_DURATION, span.start),
    )
    ensure_within_limits(db, settings, intake, now)
    if reservations.reserve_times(db, practice, {intake.id: span}, now, intake.expires_at):
        raise offers.slot_taken_problem(db, practice, None, span, Actor.client, now)
    db.add(intake)
    links.issue_link(db, settings.link_key, links.LinkPurpose.intake, intake.id, intake.ends_at, intake.link)
    stage(db, "booking", now, [events.intake_event(IntakeRequested, intake, practice.supervisor, Actor.client)])
    return intake


def intakes_of(visible: ColumnElement[bool]) -> Select[Intake]:
    """The intakes of the supervisors who meet this condition, as a query."""
    return select(Intake).join(Supervisor, col(Supervisor.id) == Intake.supervisor_id).where(visible)


def find_intake(db: Database, intake_id: UUID, visible: ColumnElement[bool]) -> Intake:
    return db.scalars(intakes_of(visible).where(col(Intake.id) == intake_id)).one()


def find_holds(db: Database, browser: str, now: datetime, *, lock: bool = False) -> Sequence[Intake]:
    """What the browser with this secret asked for, the newest first, until it is confirmed, given up or expired.

    The secret confirms nothing: only the letter's link does that.
    """
    if not is_wellformed(browser):
        return []
    own = (Intake.browser == digest(browser), Intake.status == "held", col(Intake.expires_at) > now)
    query = select(Intake).where(*own).order_by(col(Intake.requested_at).desc(), col(Intake.id).desc())
    holds = db.scalars(query.with_for_update() if lock else query).all()
    for hold in holds:
        audit.note_guest(db, f"hold/{hold.id}")
    return holds


def lock_intake(db: Database, intake_id: UUID, visible: ColumnElement[bool]) -> Intake:
    query = intakes_of(visible).where(col(Intake.id) == intake_id).with_for_update(of=Intake)
    return db.scalars(query.execution_options(populate_existing=True)).one()


def confirm_held_intake(db: Database, intake: Intake, by: Actor, now: datetime) -> None:
    """Make a hold permanent. Confirming twice changes nothing."""
    if intake.status == "confirmed":
        return
    if intake.status == "cancelled":
        raise IntakeIsCancelled
    availability.ensure_takes_bookings(db.get_one(Supervisor, intake.supervisor_id))
    if intake.status == "expired" or intake.expires_at <= now or not reservations.confirm_hold(db, intake.id):
        raise _expired(db, intake, now)
    intake.status, intake.confirmed_at = "confirmed", now
    publish_intake(db, IntakeConfirmed, intake, by, now)


def reschedule_intake(db: Database, intake: Intake, starts_at: datetime, by: Actor, now: datetime) -> None:
    """Reserve another time and release the old one."""
    _ensure_confirmed(intake)
    if intake.starts_at <= now:
        raise IntakeHasBegun
    practice = availability.load_practice(db, intake.supervisor_id, lock=True)
    present = Span(intake.starts_at, intake.ends_at)
    span = Span(starts_at, starts_at + (present.end - present.start))
    if span == present:
        return
    offers.ensure_in_future(span.start, now)
    reservations.drop_expired_holds(db, practice.supervisor.id, now)
    reservations.release_times(db, [intake.id])
    if offers.is_bound_by_rules(by):
        offers.ensure_offered(db, practice, None, span, now, present)
    if reservations.reserve_times(db, practice, {intake.id: span}, now):
        raise offers.slot_taken_problem(db, practice, None, span, by, now, present)
    intake.starts_at, intake.ends_at = span
    db.execute(update(Link).where(col(Link.subject_id) == intake.id).values(expires_at=span.end))
    publish_intake(db, IntakeConfirmed, intake, by, now)


def correct_intake_address(db: Database, link_key: str, intake: Intake, email: str, by: Actor, now: datetime) -> None:
    """Send what is to be known of an intake ahead to another address; the link in older letters ends."""
    if intake.email == email:
        return
    if intake.status == "cancelled":
        raise IntakeIsCancelled
    if intake.status == "expired" or (intake.status == "held" and intake.expires_at <= now):
        raise _expired(db, intake, now)
    if intake.starts_at <= now:
        raise IntakeHasBegun
    db.execute(delete(Link).where(col(Link.subject_id) == intake.id, col(Link.purpose) == links.LinkPurpose.intake))
    intake.email = email
    intake.link = links.issue_link(db, link_key, links.LinkPurpose.intake, intake.id, intake.ends_at)
    publish_intake(db, IntakeRequested if intake.status == "held" else IntakeConfirmed, intake, by, now)


def give_up_intake(db: Database, intake: Intake, by: Actor, now: datetime) -> None:
    """Cancel an intake. One that has ended already stays as it is; while it can be taken back its time is kept."""
    if intake.status not in ("held", "confirmed"):
        return
    if intake.starts_at <= now:
        raise IntakeHasBegun
    intake.status = "cancelled"
    if intake.undo_until:
        reservations.hold_until(db, intake.id, intake.undo_until)
    else:
        intake.network = None
        reservations.release_times(db, [intake.id])
    publish_intake(db, IntakeCancelled, intake, by, now)


def record_outcome(
    db: Database, link_key: str, who: Principal, intake: Intake, wanted: IntakeOutcomeCreate, now: datetime
) -> None:
    """Record what the intake led to. It may be corrected, but a process is opened only once."""
    _ensure_confirmed(intake)
    if wanted.process:
        if intake.process_id:
            raise IntakeHasProcess
        _check_process(intake, wanted, wanted.process)
        intake.process_id = processes.open_process(db, link_key, who, wanted.process, now).id
    intake.start, intake.recommended_form = wanted.start, wanted.recommended_form
    db.flush()


def expire_unconfirmed_intakes(engine: Engine) -> bool:
    """Expire some intakes that were not confirmed in time; returns whether there may be more."""
    with transaction(engine) as db:
        now = clock.now(db)
        due = select(Intake).where(Intake.status == "held", col(Intake.expires_at) <= now)
        due = due.order_by(col(Intake.expires_at)).limit(BATCH_SIZE).with_for_update(skip_locked=True)
        expired = db.scalars(due).all()
        for intake in expired:
            intake.status, intake.network = "expired", None
            reservations.release_times(db, [intake.id])
            publish_intake(db, IntakeCancelled, intake, Actor.client, now)
            log.info("intake.expired", intake_id=str(intake.id))
    return len(expired) == BATCH_SIZE


def forget_networks(db: Database, now: datetime) -> None:
    """Where a talk was asked for from is of no use once it has begun."""
    begun = (col(Intake.network).is_not(None), col(Intake.starts_at) <= now)
    db.execute(update(Intake).where(*begun).values(network=None))


def _expired(db: Database, intake: Intake, now: datetime) -> IntakeExpired:
    practice = availability.load_practice(db, intake.supervisor_id)
    span = Span(intake.starts_at, intake.ends_at)
    return IntakeExpired(alternatives=offers.list_alternatives(db, practice, None, span, now))


def _ensure_confirmed(intake: Intake) -> None:
    if intake.status == "cancelled":
        raise IntakeIsCancelled
    if intake.status != "confirmed":
        raise IntakeNotConfirmed


def _check_process(intake: Intake, wanted: IntakeOutcomeCreate, process: processes.ProcessCreate) -> None:
    if not wanted.start:
        raise invalid("process", "Prosessi avataan vain, jos työ alkaa.", "A process is opened only if work begins.")
    if process.supervisor_id != intake.supervisor_id:
        raise invalid(
            "process.supervisor_id", "Keskustelu käytiin toisen kanssa.", "The intake was with another supervisor."
        )


def publish_intake(db: Database, kind: type[IntakeEvent], intake: Intake, by: Actor, now: datetime) -> None:
    intake.version += 1
    db.flush()
    supervisor = db.get_one(Supervisor, intake.supervisor_id)
    stage(db, "booking", now, [events.intake_event(kind, intake, supervisor, by)])
