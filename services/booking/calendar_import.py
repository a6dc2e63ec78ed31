"""The supervisor's other calendars: their busy times take no bookings. They are read again every hour.

A calendar that can't be read keeps the busy times it had, and is tried again after growing pauses.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from prometheus_client.core import Metric
from pydantic import BeforeValidator
from sqlalchemy import Engine, insert
from sqlmodel import col, delete, func, select

from services import clock
from services.booking.calendar_reader import CannotRead, read
from services.booking.models import BusyTime, CalendarImport, Supervisor
from services.booking.settings import Settings
from services.booking.shapes import WebAddress, Wish
from services.booking.slots import Span
from services.database import Database, transaction
from services.log import logger
from services.web.metrics import gauge
from services.web.problems import NotFound, Problem

log = logger(__name__)

REFRESHED_EVERY = timedelta(hours=1)
LONGEST_PAUSE = timedelta(days=1)
CLAIMED_FOR = timedelta(minutes=5)
LOOKED_AHEAD = timedelta(days=731)
MOST = 10


def over_https(address: object) -> object:
    """Calendar programs hand out addresses that begin with webcal://."""
    if isinstance(address, str) and address[:9].lower() == "webcal://":
        return f"https://{address[9:]}"
    return address


class CalendarWish(Wish):
    url: Annotated[WebAddress, BeforeValidator(over_https)]


class TooManyCalendars(Problem):
    """There are as many imported calendars as there may be."""

    status = 409
    finnish = "Kalentereita on jo niin monta kuin niitä voi olla."


def add(db: Database, supervisor: Supervisor, wish: CalendarWish, now: datetime) -> CalendarImport:
    """Import a calendar from now on. The supervisor's row is locked."""
    number = select(func.count()).where(CalendarImport.supervisor_id == supervisor.id)
    if db.scalars(number).one() >= MOST:
        raise TooManyCalendars
    imported = CalendarImport(supervisor_id=supervisor.id, url=wish.url, refresh_at=now)
    db.add(imported)
    db.flush()
    return imported


def of_supervisor(db: Database, supervisor_id: UUID) -> Sequence[CalendarImport]:
    query = select(CalendarImport).where(CalendarImport.supervisor_id == supervisor_id)
    return db.scalars(query.order_by(col(CalendarImport.id))).all()


def remove(db: Database, supervisor_id: UUID, import_id: UUID) -> None:
    """Forget a calendar; what it took of the supervisor's time is free again."""
    imported = db.get(CalendarImport, import_id)
    if imported is None or imported.supervisor_id != supervisor_id:
        raise NotFound
    db.delete(imported)


def gauges(db: Database) -> Iterable[Metric]:
    failing = select(func.count()).select_from(CalendarImport).where(col(CalendarImport.failures) > 0)
    yield gauge("calendars_failing", "Imported calendars that could not be read.", [((), db.scalars(failing).one())])


def refresh_due(engine: Engine, settings: Settings) -> bool:
    """Read one calendar whose turn has come; whether there was one."""
    with transaction(engine) as db:
        now = clock.now(db)
        claimed = _claim(db, now)
    if claimed is None:
        return False
    imported, zone = claimed
    window = Span(now, now + LOOKED_AHEAD)
    try:
        busy = read(
            imported.url, window, zone, own_domain=settings.installation, private=settings.calendars_may_be_private
        )
    except CannotRead as trouble:
        _note_failure(engine, imported.id, str(trouble))
    else:
        _replace_busy_times(engine, imported.id, busy)
    return True


def _claim(db: Database, now: datetime) -> tuple[CalendarImport, ZoneInfo] | None:
    """Take the next one, for long enough that nobody else reads it meanwhile."""
    due = select(CalendarImport).where(col(CalendarImport.refresh_at) <= now).order_by(col(CalendarImport.refresh_at))
    imported = db.scalars(due.limit(1).with_for_update(skip_locked=True)).one_or_none()
    if imported is None:
        return None
    imported.refresh_at = now + CLAIMED_FOR
    return imported, ZoneInfo(db.get_one(Supervisor, imported.supervisor_id).timezone)


def _replace_busy_times(engine: Engine, import_id: UUID, busy: Sequence[Span]) -> None:
    with transaction(engine) as db:
        imported = db.get(CalendarImport, import_id, with_for_update=True)
        if imported is None:  # removed meanwhile
            return
        db.execute(delete(BusyTime).where(col(BusyTime.import_id) == import_id))
        owner = {"import_id": import_id, "supervisor_id": imported.supervisor_id}
        rows = [owner | {"starts_at": span.start, "ends_at": span.end} for span in busy]
        if rows:
            db.execute(insert(BusyTime), rows)
        now = clock.now(db)
        imported.fetched_at, imported.refresh_at = now, now + REFRESHED_EVERY
        imported.failures, imported.last_error = 0, None


def _note_failure(engine: Engine, import_id: UUID, error: str) -> None:
    with transaction(engine) as db:
        imported = db.get(CalendarImport, import_id, with_for_update=True)
        if imported is None:
            return
        pause = min(REFRESHED_EVERY * 2 ** min(imported.failures, 10), LONGEST_PAUSE)
        imported.failures += 1
        imported.last_error, imported.refresh_at = error, clock.now(db) + pause
    log.warning("calendar.unreadable", import_id=str(import_id), kind=error)
