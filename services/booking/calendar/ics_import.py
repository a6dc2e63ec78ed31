"""The supervisor's other calendars: their busy times take no bookings. They are read again every hour.

A calendar that can't be read keeps the busy times it had, and is tried again after growing pauses.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import unquote, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from prometheus_client.core import Metric
from pydantic import BeforeValidator
from sqlalchemy import Engine, insert
from sqlmodel import col, delete, func, select

from services.booking.calendar.ics_busy_times import Practice, Reading
from services.booking.calendar.ics_sandbox import CalendarReader, CalendarUnreadable, server_of
from services.booking.calendar.slots import Span
from services.booking.models.calendar import BusyTime, CalendarImport
from services.booking.models.people import Supervisor
from services.booking.settings import Settings
from services.core import clock
from services.core.database import Database, transaction
from services.core.logs import logger
from services.web.errors.problems import NotFound, Problem
from services.web.i18n.language import Text
from services.web.metrics import gauge
from services.web.protocol.fields import RequestBody, WebAddress

log = logger(__name__)

REFRESH_INTERVAL = timedelta(hours=1)
MAX_RETRY_DELAY = timedelta(days=1)
CLAIM_DURATION = timedelta(minutes=5)
WINDOW_LENGTH = timedelta(days=731)
MAX_CALENDARS = 10
MOST_TOLD = 20
"""Of the times that could not be read nobody looks through more."""


def webcal_to_https(address: object) -> object:
    """Calendar programs hand out addresses that begin with webcal://."""
    if isinstance(address, str) and address[:9].lower() == "webcal://":
        return f"https://{address[9:]}"
    return address


class CalendarImportCreate(RequestBody):
    url: Annotated[WebAddress, BeforeValidator(webcal_to_https)]
    declined_are_busy: bool = False


class TooManyCalendars(Problem):
    """There are as many imported calendars as there may be."""

    status = 409
    finnish = "Kalentereita on jo niin monta kuin niitä voi olla."
    advice = Text(fi="Poista ensin jokin niistä.", en="Remove one of them first.")


def import_calendar(
    db: Database, supervisor: Supervisor, wanted: CalendarImportCreate, now: datetime
) -> CalendarImport:
    """Import a calendar from now on. The supervisor's row is locked."""
    number = select(func.count()).where(CalendarImport.supervisor_id == supervisor.id)
    if db.scalars(number).one() >= MAX_CALENDARS:
        raise TooManyCalendars
    imported = CalendarImport(
        supervisor_id=supervisor.id, url=wanted.url, declined_are_busy=wanted.declined_are_busy, refresh_at=now
    )
    db.add(imported)
    db.flush()
    return imported


def list_imports_of_supervisor(db: Database, supervisor_id: UUID) -> Sequence[CalendarImport]:
    query = select(CalendarImport).where(CalendarImport.supervisor_id == supervisor_id)
    return db.scalars(query.order_by(col(CalendarImport.id))).all()


def change_declined(db: Database, supervisor_id: UUID, import_id: UUID, busy: bool, now: datetime) -> None:
    """Whether declined invitations take time. The calendar is read again at once."""
    imported = _own(db, supervisor_id, import_id)
    imported.declined_are_busy, imported.refresh_at = busy, now


def drop_calendar_import(db: Database, supervisor_id: UUID, import_id: UUID) -> None:
    """Forget a calendar; what it took of the supervisor's time is free again."""
    db.delete(_own(db, supervisor_id, import_id))


def _own(db: Database, supervisor_id: UUID, import_id: UUID) -> CalendarImport:
    imported = db.get(CalendarImport, import_id)
    if imported is None or imported.supervisor_id != supervisor_id:
        raise NotFound
    return imported


def calendar_import_gauges(db: Database) -> Iterable[Metric]:
    failing = select(func.count()).select_from(CalendarImport).where(col(CalendarImport.failures) > 0)
    yield gauge("calendars_failing", "Imported calendars that could not be read.", [((), db.scalars(failing).one())])


def refresh_next_calendar(engine: Engine, settings: Settings) -> bool:
    """Read one calendar whose turn has come; whether there was one."""
    reading = begin(engine, settings)
    if reading:
        finish(engine, *reading)
    return reading is not None


def begin(engine: Engine, settings: Settings, but_from: Collection[str] = ()) -> tuple[UUID, CalendarReader] | None:
    """Begin to read a calendar whose turn has come, if there is one that does not lie on these servers."""
    with transaction(engine) as db:
        now = clock.now(db)
        imported = _claim_next(db, now, but_from)
        if imported is None:
            return None
        supervisor = db.get_one(Supervisor, imported.supervisor_id)
    practice = Practice(
        ZoneInfo(supervisor.timezone),
        own_domain=settings.installation,
        addresses=[supervisor.email, *_addresses_in(imported.url)],
        declined_are_busy=imported.declined_are_busy,
    )
    window = Span(now, now + WINDOW_LENGTH)
    return imported.id, CalendarReader(imported.url, window, practice, private=settings.calendars_may_be_private)


def finish(engine: Engine, import_id: UUID, reader: CalendarReader) -> None:
    """Keep what was read. Waits for it."""
    try:
        reading = reader.result()
    except CalendarUnreadable as trouble:
        _note_failure(engine, import_id, trouble)
    else:
        _replace_busy_times(engine, import_id, reading)


def _addresses_in(url: str) -> list[str]:
    """Google writes in the address whose calendar it is."""
    return [part for part in unquote(urlsplit(url).path).split("/") if "@" in part]


def _claim_next(db: Database, now: datetime, but_from: Collection[str]) -> CalendarImport | None:
    """Take the next one, for long enough that nobody else reads it meanwhile."""
    due = select(CalendarImport.id, CalendarImport.url).where(col(CalendarImport.refresh_at) <= now)
    due = due.order_by(col(CalendarImport.refresh_at)).execution_options(yield_per=100)
    with db.execute(due) as waiting:
        for import_id, url in waiting:
            if server_of(url) not in but_from and (imported := _claim(db, import_id, now)):
                return imported
    return None


def _claim(db: Database, import_id: UUID, now: datetime) -> CalendarImport | None:
    """None when somebody else was quicker."""
    query = select(CalendarImport).where(CalendarImport.id == import_id, col(CalendarImport.refresh_at) <= now)
    imported = db.scalars(query.with_for_update(skip_locked=True)).one_or_none()
    if imported:
        imported.refresh_at = now + CLAIM_DURATION
    return imported


def _replace_busy_times(engine: Engine, import_id: UUID, reading: Reading) -> None:
    with transaction(engine) as db:
        imported = db.get(CalendarImport, import_id, with_for_update=True)
        if imported is None:  # removed meanwhile
            return
        db.execute(delete(BusyTime).where(col(BusyTime.import_id) == import_id))
        owner = {"import_id": import_id, "supervisor_id": imported.supervisor_id}
        rows = [owner | {"starts_at": span.start, "ends_at": span.end} for span in reading.busy]
        if rows:
            db.execute(insert(BusyTime), rows)
        now = clock.now(db)
        imported.fetched_at = now
        if imported.refresh_at > now:  # else it shall be read again, by another rule
            imported.refresh_at = now + REFRESH_INTERVAL
        imported.failures, imported.last_error = 0, None
        doubts = sorted(reading.doubts, key=lambda doubt: (doubt.at is None, doubt.at))
        imported.unread = len(doubts)
        imported.doubts = [{"at": at.isoformat() if at else None, "why": why} for at, why in doubts[:MOST_TOLD]]
    if reading.doubts:
        log.warning("calendar.read_in_part", import_id=str(import_id), entries=len(reading.doubts))


def _note_failure(engine: Engine, import_id: UUID, trouble: CalendarUnreadable) -> None:
    """The next try is after a growing pause, and not before the server wants it."""
    with transaction(engine) as db:
        imported = db.get(CalendarImport, import_id, with_for_update=True)
        if imported is None:
            return
        pause = max(REFRESH_INTERVAL * 2 ** min(imported.failures, 10), trouble.retry_after)
        imported.failures += 1
        imported.last_error, imported.refresh_at = str(trouble), clock.now(db) + min(pause, MAX_RETRY_DELAY)
    log.warning("calendar.unreadable", import_id=str(import_id), kind=str(trouble))
