"""A supervisor's week: sessions, intakes, absences, and the busy times of other calendars."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import and_, or_
from sqlmodel import col, select

from services.booking.calendar import availability, slots
from services.booking.calendar.slots import ONE_DAY, Span
from services.booking.models.calendar import Absence, BusyTime
from services.booking.models.people import Process
from services.booking.models.sessions import Intake, Session
from services.booking.security.permissions import REQUESTED
from services.booking.sessions import intentions
from services.booking.sessions.intentions import ExpectedAttendance
from services.core.database import Database
from services.events.catalogue import Form
from services.finnish.workdays import at_wall_clock, holiday_name, is_holiday, local
from services.web.protocol.fields import FIRST_YEAR, LAST_YEAR

DAYS_A_WEEK = 7

WeekQuery = Annotated[str, Query(alias="viikko", pattern=r"^(\d{4}-W(0[1-9]|[1-4]\d|5[0-3]))?$")]


class EntryKind(StrEnum):
    meeting = "meeting"
    talk = "talk"
    absence = "absence"
    busy = "busy"


@dataclass(frozen=True)
class WeekEntry:
    """One entry of the calendar. `title` and `detail` are people's own words and are not translated."""

    kind: EntryKind
    span: Span
    status: str = ""
    title: str = ""
    detail: str = ""
    address: str = ""
    attendance: ExpectedAttendance | None = None

    @property
    def is_meeting(self) -> bool:
        """Whether the supervisor meets somebody."""
        return self.kind in (EntryKind.meeting, EntryKind.talk)

    def falls_on(self, day: Span) -> bool:
        return self.span.start < day.end and day.start < self.span.end


@dataclass(frozen=True)
class WeekDay:
    """One day in local time, which may have 23 or 25 hours."""

    day: date
    span: Span
    holiday: str | None
    opening: list[Span]
    entries: list[WeekEntry]

    def part(self, entry: WeekEntry) -> Span:
        """The part of an entry that falls on this day."""
        return Span(max(entry.span.start, self.span.start), min(entry.span.end, self.span.end))

    @property
    def meetings(self) -> list[WeekEntry]:
        return [entry for entry in self.entries if entry.is_meeting]


@dataclass(frozen=True)
class Week:
    monday: date
    days: list[WeekDay]

    @property
    def number(self) -> int:
        return self.monday.isocalendar().week

    @property
    def sunday(self) -> date:
        return self.days[-1].day

    def has(self, day: date) -> bool:
        return self.monday <= day <= self.sunday


def monday_of(asked: str, today: date) -> date:
    """The Monday of the week asked for as ``2026-W49``; of the current one when there is no such week."""
    try:
        monday = date.fromisocalendar(int(asked[:4]), int(asked[6:]), 1)
    except ValueError:
        monday = date.min
    return monday if FIRST_YEAR <= monday.year <= LAST_YEAR else today - today.weekday() * ONE_DAY


def week_name(day: date) -> str:
    """The week of a day as it stands in URLs: 2026-W49."""
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02}"


def load_week(db: Database, supervisor_id: UUID, monday: date, now: datetime) -> Week:
    """One week. The number of SQL statements does not grow with its entries."""
    practice = availability.load_practice(db, supervisor_id)
    days = [monday + timedelta(days=number) for number in range(DAYS_A_WEEK)]
    spans = {day: Span(at_wall_clock(day, time.min), at_wall_clock(day + ONE_DAY, time.min)) for day in days}
    whole = Span(spans[days[0]].start, spans[days[-1]].end)
    entries = sorted(_entries(db, supervisor_id, whole, now), key=lambda entry: entry.span)
    return Week(
        monday,
        [
            WeekDay(
                day,
                span,
                holiday_name(day),
                _open_hours(practice, day),
                [entry for entry in entries if entry.falls_on(span)],
            )
            for day, span in spans.items()
        ],
    )


def _open_hours(practice: availability.Practice, day: date) -> list[Span]:
    """When the supervisor can be booked in any form."""
    if is_holiday(day, practice.rules.holidays):
        return []
    stretches = [span for form in (None, *Form) for span in slots.open_spans(practice.rules, form, day)]
    return slots.merge_spans(stretches, touching=True)


def _entries(db: Database, supervisor_id: UUID, week: Span, now: datetime) -> Iterator[WeekEntry]:
    yield from _session_entries(db, supervisor_id, week)
    yield from _intake_entries(db, supervisor_id, week, now)
    yield from _absence_entries(db, supervisor_id, week)
    yield from _busy_entries(db, supervisor_id, week)


def _session_entries(db: Database, supervisor_id: UUID, week: Span) -> Iterator[WeekEntry]:
    query = select(Session, Process).join(Process, col(Process.id) == Session.process_id)
    query = query.where(Session.supervisor_id == supervisor_id, Session.status != "cancelled")
    # A session ends on the day on which it begins or on the next, so the index over starts serves.
    near = and_(col(Session.starts_at) > week.start - ONE_DAY, col(Session.starts_at) < week.end)
    found = db.execute(query.where(near, col(Session.ends_at) > week.start)).all()
    attendance = intentions.expected_attendance(db, [session for session, _ in found])
    for session, process in found:
        yield WeekEntry(
            EntryKind.meeting,
            Span(session.starts_at, session.ends_at),
            session.status,
            process.title,
            f"{process.code} · {session.number}/{process.planned_sessions}",
            f"/tyo/pyynnot/{process.id}" if session.status == REQUESTED else f"/tyo/tapaamiset/{session.id}",
            attendance.get(session.id),
        )


def _intake_entries(db: Database, supervisor_id: UUID, week: Span, now: datetime) -> Iterator[WeekEntry]:
    """Intakes, also held ones; not those that nobody confirmed in time."""
    held = and_(col(Intake.status) == "held", col(Intake.expires_at) > now)
    query = select(Intake).where(Intake.supervisor_id == supervisor_id, or_(col(Intake.status) == "confirmed", held))
    for intake in db.scalars(query.where(col(Intake.starts_at) < week.end, col(Intake.ends_at) > week.start)):
        span = Span(intake.starts_at, intake.ends_at)
        yield WeekEntry(EntryKind.talk, span, intake.status, "", intake.name, f"/tyo/kartoitukset/{intake.id}")


def _absence_entries(db: Database, supervisor_id: UUID, week: Span) -> Iterator[WeekEntry]:
    query = select(Absence).where(Absence.supervisor_id == supervisor_id, col(Absence.ends_at) > week.start)
    for absence in db.scalars(query.where(col(Absence.starts_at) < week.end)):
        yield WeekEntry(EntryKind.absence, Span(absence.starts_at, absence.ends_at), detail=absence.reason or "")


def _busy_entries(db: Database, supervisor_id: UUID, week: Span) -> Iterator[WeekEntry]:
    query = select(BusyTime).where(BusyTime.supervisor_id == supervisor_id, col(BusyTime.ends_at) > week.start)
    for busy in db.scalars(query.where(col(BusyTime.starts_at) < week.end)):
        yield WeekEntry(EntryKind.busy, Span(busy.starts_at, busy.ends_at))


def local_today(now: datetime) -> date:
    return local(now).date()
