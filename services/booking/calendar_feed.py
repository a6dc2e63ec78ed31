"""The calendar that a supervisor or a participant subscribes to (RFC 5545): what is ahead, and the last three months.

It names processes by their codes and nobody by name, as colleagues may look into one another's calendars.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from icalendar import Calendar, Event
from sqlmodel import and_, col, or_, select

from services.booking.models import Intake, Participant, Process, Session, Supervisor
from services.database import Database
from services.events.catalogue import Form
from services.vocabulary import FORM_LABELS
from services.web.problems import NotFound

PRODUCT = "-//tyonohjaus//kalenteri//FI"
SUMMARY = "Työnohjaus"
FIRST_TALK = "Kartoittava keskustelu"
KEPT = timedelta(days=92)
LONGEST = 2000
REFRESH = "PT1H"

MEETING_STATUS = {"booked": "CONFIRMED", "held": "CONFIRMED", "cancelled": "CANCELLED"}
TALK_STATUS = {"held": "TENTATIVE", "confirmed": "CONFIRMED", "cancelled": "CANCELLED"}


@dataclass(frozen=True)
class Entry:
    """One meeting or first talk, as it stands in the calendar."""

    id: UUID
    version: int
    summary: str
    status: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    location: str | None = None
    join_url: str | None = None


def entries_of(db: Database, subject_id: UUID, now: datetime) -> list[Entry]:
    """What the supervisor or participant with this id has in their calendar."""
    if db.get(Supervisor, subject_id):
        return sorted([*_led_by(db, subject_id, now), *_talks(db, subject_id, now)], key=lambda one: one.starts_at)
    person = db.get(Participant, subject_id)
    if person is None or person.left_at:
        raise NotFound
    return _of_process(db, person.process_id, now)


def version_of(entries: Sequence[Entry]) -> str:
    """An ETag: it changes with every entry that comes, changes, or is too old to stay."""
    told = "".join(f"{entry.id}{entry.version}{entry.summary}{entry.status}" for entry in entries)
    return f'"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'


def render(entries: Sequence[Entry], domain: str) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", SUMMARY)
    calendar.add("x-published-ttl", REFRESH)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry, domain))
    rendered: bytes = calendar.to_ical()
    return rendered


def _event(entry: Entry, domain: str) -> Event:
    event = Event()
    event.add("uid", f"{entry.id}@{domain}")
    event.add("sequence", entry.version - 1)
    event.add("dtstamp", entry.changed_at)
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at)
    event.add("summary", entry.summary)
    event.add("status", entry.status)
    event.add("transp", "TRANSPARENT" if entry.status == "CANCELLED" else "OPAQUE")
    if entry.join_url or entry.location:
        event.add("location", entry.join_url or entry.location)
    return event


def _led_by(db: Database, supervisor_id: UUID, now: datetime) -> list[Entry]:
    query = (
        select(Session, Process)
        .join(Process, col(Process.id) == Session.process_id)
        .where(Session.supervisor_id == supervisor_id, col(Session.starts_at) > now - KEPT)
        .order_by(col(Session.starts_at))
        .limit(LONGEST)
    )
    return [
        entry_of(session, f"{process.code}, {FORM_LABELS[Form(process.form)]}, tapaaminen {session.number}")
        for session, process in db.execute(query)
    ]


def _of_process(db: Database, process_id: UUID, now: datetime) -> list[Entry]:
    query = select(Session).where(Session.process_id == process_id, col(Session.starts_at) > now - KEPT)
    return [entry_of(session) for session in db.scalars(query.order_by(col(Session.starts_at)).limit(LONGEST))]


def entry_of(session: Session, summary: str = SUMMARY) -> Entry:
    return Entry(
        id=session.id,
        version=session.version,
        summary=summary,
        status=MEETING_STATUS[session.status],
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        changed_at=session.changed_at,
        location=session.location,
        join_url=session.join_url,
    )


def _talks(db: Database, supervisor_id: UUID, now: datetime) -> list[Entry]:
    """First talks, also those that are only held; not those that nobody ever confirmed."""
    held = and_(col(Intake.status) == "held", col(Intake.expires_at) > now)
    query = select(Intake).where(
        Intake.supervisor_id == supervisor_id,
        col(Intake.starts_at) > now - KEPT,
        or_(col(Intake.confirmed_at).is_not(None), held),
    )
    return [
        Entry(
            id=intake.id,
            version=intake.version,
            summary=FIRST_TALK,
            status=TALK_STATUS[intake.status],
            starts_at=intake.starts_at,
            ends_at=intake.ends_at,
            changed_at=intake.confirmed_at or intake.requested_at,
        )
        for intake in db.scalars(query.limit(LONGEST))
    ]
