"""When a supervisor can be booked: their rules and absences, and the part of their calendar that a question needs."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy
from pydantic import BeforeValidator, Field, PlainSerializer, model_validator
from sqlalchemy import ColumnElement, Select, bindparam, func, text
from sqlmodel import col, delete, select

from services.booking.models import Absence, Availability, Process, Supervisor, WeeklyHours
from services.booking.shapes import Instant, Line, Wish
from services.booking.slots import DAY, Calendar, Hours, Rules, Span
from services.database import Database
from services.events.catalogue import Form
from services.web.etags import IfMatch, tag
from services.web.problems import NotFound
from services.web.validation import Wrong
from services.workdays import at_wall_clock

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:00)?")


def clock(value: object) -> object:
    if not isinstance(value, time) and not (isinstance(value, str) and CLOCK.fullmatch(value)):
        raise Wrong("Tämä ei ole kellonaika, esimerkiksi 09:00.", "This is not a time of day such as 09:00.")
    return value


Clock = Annotated[time, BeforeValidator(clock), PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str)]
Pause = Annotated[int, Field(ge=0, le=240)]
Limit = Annotated[int, Field(ge=1, le=100)]


class HoursWish(Wish):
    """One stretch of the working week, by the clock on the supervisor's wall. No forms means every form."""

    weekday: int = Field(ge=1, le=7, description="ISO 8601: 1 is Monday.")
    start: Clock
    end: Clock
    forms: Annotated[list[Form], Field(min_length=1, max_length=5)] | None = None

    @model_validator(mode="after")
    def runs_forwards(self) -> "HoursWish":
        if self.start >= self.end:
            raise Wrong("Loppuajan pitää olla alkuajan jälkeen.", "The end must be after the start.")
        return self


class AvailabilityWish(Wish):
    """The whole of a supervisor's rules. The pauses of two neighbouring meetings add up."""

    weekly: Annotated[list[HoursWish], Field(max_length=100)]
    buffer_before_minutes: Pause = 0
    buffer_after_minutes: Pause = 0
    minimum_notice_hours: int = Field(default=24, ge=0, le=24 * 60)
    horizon_days: int = Field(default=90, ge=1, le=730)
    slot_step_minutes: int = Field(default=15, ge=5, le=240)
    holidays: Literal["FI"] | None = "FI"
    daily_limit: Limit | None = None
    weekly_limit: Limit | None = None
    intake_minutes: Literal[45, 60] = 45


class AbsenceWish(Wish):
    """Time in which the supervisor takes no bookings; what is booked already stays."""

    starts_at: Instant
    ends_at: Instant
    reason: Line | None = None

    @model_validator(mode="after")
    def runs_forwards(self) -> "AbsenceWish":
        if self.starts_at >= self.ends_at:
            raise Wrong("Loppuajan pitää olla alkuajan jälkeen.", "The end must be after the start.")
        return self


@dataclass(frozen=True)
class Practice:
    """A supervisor, and how they want to be booked."""

    supervisor: Supervisor
    rules: Rules
    intake_length: timedelta


def load(db: Database, supervisor_id: UUID, *, lock: bool = False) -> Practice:
    """A supervisor's rules in one statement. Without a row of rules the defaults hold and there are no hours yet.

    The lock lets one at a time take several of this supervisor's times, or count them for a limit.
    """
    query = PRACTICE.where(col(Supervisor.id) == supervisor_id)
    row = db.execute(query.with_for_update(of=Supervisor, key_share=True) if lock else query).one_or_none()
    if row is None:
        raise NotFound
    return _practice(*row)


def of_process(db: Database, process_id: UUID, seen: ColumnElement[bool]) -> tuple[Process, Practice]:
    """A process that meets this condition, locked, and its supervisor's practice, in one statement."""
    row = db.execute(PRACTICE_OF_PROCESS.where(seen), {"process_id": process_id}).one_or_none()
    if row is None:
        raise NotFound
    *practice, process = row
    return process, _practice(*practice)


HOURS = (
    sqlalchemy.select(
        func.json_agg(func.json_build_array(WeeklyHours.weekday, WeeklyHours.start, WeeklyHours.end, WeeklyHours.forms))
    )
    .where(col(WeeklyHours.supervisor_id) == col(Supervisor.id))
    .scalar_subquery()
)
PRACTICE: Select[*tuple[Any, ...]] = sqlalchemy.select(Supervisor, Availability, HOURS).outerjoin(
    Availability, col(Availability.supervisor_id) == Supervisor.id
)
PRACTICE_OF_PROCESS: Select[*tuple[Any, ...]] = (
    PRACTICE.add_columns(Process)
    .join(Process, col(Process.supervisor_id) == Supervisor.id)
    .where(col(Process.id) == bindparam("process_id"))
    .with_for_update(of=Process)
)


def _practice(supervisor: Supervisor, found: Availability | None, weekly: list[list[Any]] | None) -> Practice:
    terms = found or Availability(supervisor_id=supervisor.id)
    rules = _rules(ZoneInfo(supervisor.timezone), terms, weekly or [])
    return Practice(supervisor, rules, timedelta(minutes=terms.intake_minutes))


def lock(db: Database, supervisor_id: UUID) -> None:
    """Let nobody else count or take several of this supervisor's times until the transaction ends."""
    query = select(Supervisor.id).where(Supervisor.id == supervisor_id)
    db.execute(query.with_for_update(key_share=True))


def calendar(db: Database, practice: Practice, first: date, last: date, now: datetime) -> Calendar:
    """What stands in the whole ISO weeks of these days, in one statement."""
    weeks = _weeks(first, last, practice.rules.zone)
    window = practice.rules.blocked(weeks)
    found: defaultdict[str, list[Span]] = defaultdict(list)
    meetings: list[datetime] = []
    parameters = {"supervisor": practice.supervisor.id, "start": window.start, "end": window.end, "now": now}
    for kind, start, end, meeting in db.execute(STANDS_IN_WINDOW, parameters):
        found[kind].append(Span(start, end))
        if meeting:
            meetings.append(meeting)
    return Calendar(
        practice.rules,
        absences=tuple(found["absence"]),
        busy=tuple(found["busy"]),
        occupied=tuple(found["occupied"]),
        meetings=tuple(meetings),
    )


STANDS_IN_WINDOW = text("""
    SELECT 'absence', starts_at, ends_at, CAST(NULL AS timestamptz) FROM absence
    WHERE supervisor_id = :supervisor AND ends_at > :start AND starts_at < :end
    UNION ALL
    SELECT 'busy', starts_at, ends_at, NULL FROM busy_time
    WHERE supervisor_id = :supervisor AND ends_at > :start AND starts_at < :end
    UNION ALL
    SELECT 'occupied', lower(blocked), upper(blocked), starts_at FROM occupied_time
    WHERE uuidrange(supervisor_id, supervisor_id, '[]') && uuidrange(:supervisor, :supervisor, '[]')
      AND blocked && tstzrange(:start, :end)
      AND (expires_at IS NULL OR expires_at > :now)
""")


def read(db: Database, supervisor_id: UUID) -> tuple[AvailabilityWish, int]:
    """The rules as they were written, and their version; the version of rules that nobody wrote yet is 0."""
    terms = db.get(Availability, supervisor_id)
    query = select(WeeklyHours).where(WeeklyHours.supervisor_id == supervisor_id)
    hours = db.scalars(query.order_by(col(WeeklyHours.weekday), col(WeeklyHours.start), col(WeeklyHours.id)))
    weekly = [HoursWish.model_validate(one.model_dump(include=_HOURS)) for one in hours]
    if terms is None:
        return AvailabilityWish(weekly=weekly), 0
    return AvailabilityWish(weekly=weekly, **terms.model_dump(include=_TERMS)), terms.version


def replace(db: Database, supervisor_id: UUID, wish: AvailabilityWish, match: IfMatch) -> int:
    """Put these rules in the place of the earlier ones; returns their version. The supervisor's row is locked."""
    terms = db.get(Availability, supervisor_id)
    if terms is None:
        terms = Availability(supervisor_id=supervisor_id, version=0)
    else:
        match.check(tag(terms.version))
    terms.version += 1
    terms.sqlmodel_update(wish.model_dump(include=_TERMS))
    db.add(terms)
    db.execute(delete(WeeklyHours).where(col(WeeklyHours.supervisor_id) == supervisor_id))
    db.add_all(WeeklyHours(supervisor_id=supervisor_id, **hours.model_dump()) for hours in wish.weekly)
    db.flush()
    return terms.version


def add_absence(db: Database, supervisor_id: UUID, wish: AbsenceWish) -> Absence:
    absence = Absence(supervisor_id=supervisor_id, **wish.model_dump())
    db.add(absence)
    db.flush()
    return absence


def remove_absence(db: Database, supervisor_id: UUID, absence_id: UUID) -> None:
    absence = db.get(Absence, absence_id)
    if absence is None or absence.supervisor_id != supervisor_id:
        raise NotFound
    db.delete(absence)


_TERMS = set(AvailabilityWish.model_fields) - {"weekly"}
_HOURS = set(HoursWish.model_fields)


def _rules(zone: ZoneInfo, terms: Availability, weekly: Sequence[list[Any]]) -> Rules:
    return Rules(
        zone=zone,
        hours=tuple(_hours(*stretch) for stretch in weekly),
        buffer_before=timedelta(minutes=terms.buffer_before_minutes),
        buffer_after=timedelta(minutes=terms.buffer_after_minutes),
        notice=timedelta(hours=terms.minimum_notice_hours),
        horizon=timedelta(days=terms.horizon_days),
        step=timedelta(minutes=terms.slot_step_minutes),
        holidays=terms.holidays,
        daily_limit=terms.daily_limit,
        weekly_limit=terms.weekly_limit,
    )


def _hours(weekday: int, start: str, end: str, forms: list[str] | None) -> Hours:
    return Hours(weekday, time.fromisoformat(start), time.fromisoformat(end), frozenset(forms) if forms else None)


def _weeks(first: date, last: date, zone: ZoneInfo) -> Span:
    monday, sunday = first - first.weekday() * DAY, last + (6 - last.weekday()) * DAY
    return Span(at_wall_clock(monday, time.min, zone), at_wall_clock(sunday + DAY, time.min, zone))
