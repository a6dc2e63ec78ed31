"""A supervisor's availability: weekly hours, booking rules and absences, and the calendar loaded for a search."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy
from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator
from sqlalchemy import ColumnElement, Select, bindparam, func, text
from sqlmodel import col, delete, select

from services.booking.calendar.slots import ONE_DAY, BookingRules, OpenHours, Span, SupervisorCalendar
from services.booking.models.calendar import Absence, Availability, WeeklyHours
from services.booking.models.people import Process, Supervisor
from services.core.database import Database
from services.events.catalogue import Form
from services.finnish.workdays import at_wall_clock
from services.web.errors.problems import NotFound, Problem
from services.web.errors.validation import WrongValue
from services.web.i18n.language import Text
from services.web.protocol.etags import IfMatch, etag
from services.web.protocol.fields import Instant, Line, RequestBody

TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:00)?")
MIDNIGHT = re.compile("24:00(:00)?")


def check_time_of_day(value: object) -> object:
    if not isinstance(value, time) and not (isinstance(value, str) and TIME_OF_DAY.fullmatch(value)):
        raise WrongValue("Tämä ei ole kellonaika, esimerkiksi 09:00.", "This is not a time of day such as 09:00.")
    return value


TimeOfDay = Annotated[
    time,
    BeforeValidator(check_time_of_day),
    PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{TIME_OF_DAY.pattern}$"}),
]


def check_closing_time(value: object) -> object:
    return time.min if isinstance(value, str) and MIDNIGHT.fullmatch(value) else check_time_of_day(value)


ClosingTime = Annotated[
    time,
    BeforeValidator(check_closing_time),
    PlainSerializer(lambda value: value.strftime("%H:%M") if value > time.min else "24:00", return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^({TIME_OF_DAY.pattern}|{MIDNIGHT.pattern})$"}),
    Field(description="24:00, or 00:00, is the midnight with which the day ends."),
]
BufferMinutes = Annotated[int, Field(ge=0, le=240)]
SessionLimit = Annotated[int, Field(ge=1, le=100)]


class WeeklyHoursCreate(RequestBody):
    """One stretch of the working week in the supervisor's local time. No forms means every form."""

    weekday: int = Field(ge=1, le=7, description="ISO 8601: 1 is Monday.")
    start: TimeOfDay
    end: ClosingTime
    forms: Annotated[list[Form], Field(min_length=1, max_length=5)] | None = None

    @model_validator(mode="after")
    def runs_forwards(self) -> Self:
        if self.start >= self.end > time.min:
            raise WrongValue("Loppuajan pitää olla alkuajan jälkeen.", "The end must be after the start.")
        return self


class AvailabilityCreate(RequestBody):
    """All booking rules of a supervisor. The buffers of two neighbouring sessions add up."""

    weekly: Annotated[list[WeeklyHoursCreate], Field(max_length=100)]
    buffer_before_minutes: BufferMinutes = 0
    buffer_after_minutes: BufferMinutes = 0
    minimum_notice_hours: int = Field(default=24, ge=0, le=24 * 60)
    horizon_days: int = Field(default=90, ge=1, le=730)
    slot_step_minutes: int = Field(default=15, ge=5, le=240)
    holidays: Literal["FI"] | None = "FI"
    daily_limit: SessionLimit | None = None
    weekly_limit: SessionLimit | None = None
    intake_minutes: Literal[45, 60] = 45


class AbsenceCreate(RequestBody):
    """Time in which the supervisor takes no bookings; existing bookings stay."""

    starts_at: Instant
    ends_at: Instant
    reason: Line | None = None

    @model_validator(mode="after")
    def runs_forwards(self) -> Self:
        if self.starts_at >= self.ends_at:
            raise WrongValue("Loppuajan pitää olla alkuajan jälkeen.", "The end must be after the start.")
        return self


class SupervisorDeactivated(Problem):
    """This supervisor takes no more bookings."""

    status = 409
    finnish = "Työnohjaaja ei ota enää varauksia vastaan."
    advice = Text(
        fi="Valitse toinen työnohjaaja tai kysy ylläpidolta.", en="Choose another supervisor, or ask the administrator."
    )


def ensure_takes_bookings(supervisor: Supervisor) -> None:
    if supervisor.deactivated_at:
        raise SupervisorDeactivated


@dataclass(frozen=True)
class Practice:
    """A supervisor with their booking rules."""

    supervisor: Supervisor
    rules: BookingRules
    intake_length: timedelta


def load_practice(db: Database, supervisor_id: UUID, *, lock: bool = False) -> Practice:
    """A supervisor and their rules in one statement. Without a row of rules the defaults hold, with no hours.

    The lock serialises those who take several of this supervisor's times or count them for a limit.
    """
    query = PRACTICE_QUERY.where(col(Supervisor.id) == supervisor_id)
    row = db.execute(query.with_for_update(of=Supervisor, key_share=True) if lock else query).one_or_none()
    if row is None:
        raise NotFound
    return _practice_of_row(*row)


def lock_process_with_practice(
    db: Database, process_id: UUID, visible: ColumnElement[bool]
) -> tuple[Process, Practice]:
    """A process that meets this condition, locked, and its supervisor's practice, in one statement."""
    row = db.execute(PROCESS_WITH_PRACTICE_QUERY.where(visible), {"process_id": process_id}).one_or_none()
    if row is None:
        raise NotFound
    *practice, process = row
    return process, _practice_of_row(*practice)


WEEKLY_HOURS_QUERY = (
    sqlalchemy.select(
        func.json_agg(func.json_build_array(WeeklyHours.weekday, WeeklyHours.start, WeeklyHours.end, WeeklyHours.forms))
    )
    .where(col(WeeklyHours.supervisor_id) == col(Supervisor.id))
    .scalar_subquery()
)
PRACTICE_QUERY: Select[*tuple[Any, ...]] = sqlalchemy.select(Supervisor, Availability, WEEKLY_HOURS_QUERY).outerjoin(
    Availability, col(Availability.supervisor_id) == Supervisor.id
)
PROCESS_WITH_PRACTICE_QUERY: Select[*tuple[Any, ...]] = (
    PRACTICE_QUERY.add_columns(Process)
    .join(Process, col(Process.supervisor_id) == Supervisor.id)
    .where(col(Process.id) == bindparam("process_id"))
    .with_for_update(of=Process)
)


def _practice_of_row(supervisor: Supervisor, saved: Availability | None, weekly: list[list[Any]] | None) -> Practice:
    terms = saved or Availability(supervisor_id=supervisor.id)
    offered = [] if supervisor.deactivated_at else weekly or []
    rules = _rules(ZoneInfo(supervisor.timezone), terms, offered)
    return Practice(supervisor, rules, timedelta(minutes=terms.intake_minutes))


def lock_supervisor(db: Database, supervisor_id: UUID) -> None:
    """Let nobody else count or take several of this supervisor's times until the transaction ends."""
    query = select(Supervisor.id).where(Supervisor.id == supervisor_id)
    db.execute(query.with_for_update(key_share=True))


def load_calendar(
    db: Database, practice: Practice, first: date, last: date, now: datetime, without: UUID | None = None
) -> SupervisorCalendar:
    """The supervisor's calendar for the whole ISO weeks of these days, in one statement.

    It is as if the session or intake `without` were not there, which is how one that is being moved has to be seen.
    """
    weeks = _weeks(first, last, practice.rules.zone)
    window = practice.rules.blocked(weeks)
    found: defaultdict[str, list[Span]] = defaultdict(list)
    session_starts: list[datetime] = []
    parameters = {
        "supervisor": practice.supervisor.id,
        "start": window.start,
        "end": window.end,
        "now": now,
        "without": without,
    }
    for kind, start, end, session_start in db.execute(CALENDAR_QUERY, parameters):
        found[kind].append(Span(start, end))
        if session_start:
            session_starts.append(session_start)
    return SupervisorCalendar(
        practice.rules,
        absences=tuple(found["absence"]),
        busy=tuple(found["busy"]),
        occupied=tuple(found["occupied"]),
        session_starts=tuple(session_starts),
    )


CALENDAR_QUERY = text("""
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
      AND owner_id IS DISTINCT FROM CAST(:without AS uuid)
""")


def read_availability(db: Database, supervisor_id: UUID) -> tuple[AvailabilityCreate, int]:
    """The saved rules and their version, which is 0 before the first save."""
    terms = db.get(Availability, supervisor_id)
    query = select(WeeklyHours).where(WeeklyHours.supervisor_id == supervisor_id)
    hours = db.scalars(query.order_by(col(WeeklyHours.weekday), col(WeeklyHours.start), col(WeeklyHours.id)))
    weekly = [WeeklyHoursCreate.model_validate(one.model_dump(include=_HOURS_COLUMNS)) for one in hours]
    if terms is None:
        return AvailabilityCreate(weekly=weekly), 0
    return AvailabilityCreate(weekly=weekly, **terms.model_dump(include=_AVAILABILITY_COLUMNS)), terms.version


def replace_availability(db: Database, supervisor_id: UUID, wanted: AvailabilityCreate, match: IfMatch) -> int:
    """Replace the rules; returns their new version. The caller holds the lock on the supervisor's row."""
    terms = db.get(Availability, supervisor_id)
    if terms is None:
        terms = Availability(supervisor_id=supervisor_id, version=0)
    else:
        match.check(etag(terms.version))
    terms.version += 1
    terms.sqlmodel_update(wanted.model_dump(include=_AVAILABILITY_COLUMNS))
    db.add(terms)
    db.execute(delete(WeeklyHours).where(col(WeeklyHours.supervisor_id) == supervisor_id))
    db.add_all(WeeklyHours(supervisor_id=supervisor_id, **dict(hours)) for hours in wanted.weekly)
    db.flush()
    return terms.version


def add_absence(db: Database, supervisor_id: UUID, wanted: AbsenceCreate) -> Absence:
    absence = Absence(supervisor_id=supervisor_id, **wanted.model_dump())
    db.add(absence)
    db.flush()
    return absence


def remove_absence(db: Database, supervisor_id: UUID, absence_id: UUID) -> None:
    absence = db.get(Absence, absence_id)
    if absence is None or absence.supervisor_id != supervisor_id:
        raise NotFound
    db.delete(absence)


_AVAILABILITY_COLUMNS = set(AvailabilityCreate.model_fields) - {"weekly"}
_HOURS_COLUMNS = set(WeeklyHoursCreate.model_fields)


def _rules(zone: ZoneInfo, terms: Availability, weekly: Sequence[list[Any]]) -> BookingRules:
    return BookingRules(
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


def _hours(weekday: int, start: str, end: str, forms: list[str] | None) -> OpenHours:
    return OpenHours(weekday, time.fromisoformat(start), time.fromisoformat(end), frozenset(forms) if forms else None)


def _weeks(first: date, last: date, zone: ZoneInfo) -> Span:
    monday, sunday = first - first.weekday() * ONE_DAY, last + (6 - last.weekday()) * ONE_DAY
    return Span(at_wall_clock(monday, time.min, zone), at_wall_clock(sunday + ONE_DAY, time.min, zone))
