"""The calendar that a supervisor or a participant subscribes to (RFC 5545): what is ahead, and the last three months.

It names processes by their codes and nobody by name, as colleagues may look into one another's calendars.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import and_, col, or_, select

from services.booking.models.people import Participant, Process, Supervisor
from services.booking.models.sessions import Intake, Session
from services.core.calendar_entry import SUMMARY, CalendarEntry, Status, calendar, entry_uid, event
from services.core.database import Database
from services.events.catalogue import Form, Mode
from services.finnish.vocabulary import FORM_LABELS
from services.web.errors.problems import NotFound

INTAKE_TITLE = "Kartoittava keskustelu"
PAST_KEPT_FOR = timedelta(days=92)
MAX_ENTRIES = 2000
REFRESH_INTERVAL = "PT1H"

SESSION_STATUS = {
    "requested": Status.tentative,
    "booked": Status.confirmed,
    "held": Status.confirmed,
    "cancelled": Status.cancelled,
}
INTAKE_STATUS = {"held": Status.tentative, "confirmed": Status.confirmed, "cancelled": Status.cancelled}


def list_calendar_entries(db: Database, subject_id: UUID, domain: str, now: datetime) -> list[CalendarEntry]:
    """What the supervisor or participant with this id has in their calendar."""
    if supervisor := db.get(Supervisor, subject_id):
        if supervisor.deactivated_at:
            raise NotFound
        entries = [*_entries_of_supervisor(db, subject_id, domain, now), *_intake_entries(db, subject_id, domain, now)]
        return sorted(entries, key=lambda one: one.starts_at)
    person = db.get(Participant, subject_id)
    if person is None or person.left_at:
        raise NotFound
    return _entries_of_participant(db, person, domain, now)


def calendar_etag(entries: Sequence[CalendarEntry]) -> str:
    """An ETag: it changes with every entry that comes, changes, or is too old to stay."""
    shown = "".join(f"{entry.uid}{entry.sequence}{entry.summary}{entry.status}" for entry in entries)
    return f'"{hashlib.sha256(shown.encode()).hexdigest()[:32]}"'


def render_calendar(entries: Sequence[CalendarEntry]) -> bytes:
    """A calendar to subscribe to, with a name of its own."""
    feed = calendar()
    feed.add("x-wr-calname", SUMMARY)
    feed.add("x-published-ttl", REFRESH_INTERVAL)
    feed.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for entry in entries:
        feed.add_component(event(entry))
    rendered: bytes = feed.to_ical()
    return rendered


def _entries_of_supervisor(db: Database, supervisor_id: UUID, domain: str, now: datetime) -> list[CalendarEntry]:
    query = (
        select(Session, Process)
        .join(Process, col(Process.id) == Session.process_id)
        .where(Session.supervisor_id == supervisor_id, col(Session.starts_at) > now - PAST_KEPT_FOR)
        .order_by(col(Session.starts_at))
        .limit(MAX_ENTRIES)
    )
    return [
        entry_of_session(
            session, domain, f"{process.code}, {FORM_LABELS[Form(process.form)]}, tapaaminen {session.number}"
        )
        for session, process in db.execute(query)
    ]


def _entries_of_participant(db: Database, person: Participant, domain: str, now: datetime) -> list[CalendarEntry]:
    query = select(Session).where(Session.process_id == person.process_id, col(Session.starts_at) > now - PAST_KEPT_FOR)
    sessions = db.scalars(query.order_by(col(Session.starts_at)).limit(MAX_ENTRIES))
    return [entry_of_session(session, domain, first=person.first_sequence) for session in sessions]


def entry_of_session(session: Session, domain: str, summary: str = SUMMARY, first: int = 0) -> CalendarEntry:
    """The same entry as in the letters, so that a calendar holds it once."""
    remote = session.mode == Mode.remote
    return CalendarEntry(
        entry_uid(session.id, domain),
        first + session.sequence,
        SESSION_STATUS[session.status],
        session.starts_at,
        session.ends_at,
        stamp=session.changed_at,
        summary=summary,
        location=None if remote else session.location,
        join_url=session.join_url if remote else None,
    )


def _intake_entries(db: Database, supervisor_id: UUID, domain: str, now: datetime) -> list[CalendarEntry]:
    """First talks, also those that are only held; not those that nobody ever confirmed."""
    held = and_(col(Intake.status) == "held", col(Intake.expires_at) > now)
    query = select(Intake).where(
        Intake.supervisor_id == supervisor_id,
        col(Intake.starts_at) > now - PAST_KEPT_FOR,
        or_(col(Intake.confirmed_at).is_not(None), held),
    )
    return [
        CalendarEntry(
            entry_uid(intake.id, domain),
            intake.sequence,
            INTAKE_STATUS[intake.status],
            intake.starts_at,
            intake.ends_at,
            stamp=intake.confirmed_at or intake.requested_at,
            summary=INTAKE_TITLE,
        )
        for intake in db.scalars(query.limit(MAX_ENTRIES))
    ]
