"""What stands in a supervisor's week: meetings, first talks, absences, and the busy times of other calendars."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import and_, or_
from sqlmodel import col, select

from services.booking import availability, slots
from services.booking.availability import Practice
from services.booking.models import Absence, BusyTime, Intake, Process, Session
from services.booking.shapes import FIRST_YEAR, LAST_YEAR
from services.booking.slots import DAY, Span
from services.database import Database
from services.events.catalogue import Form
from services.workdays import at_wall_clock, holiday_name, is_holiday, local

DAYS = 7

WeekAsked = Annotated[str, Query(alias="viikko", pattern=r"^(\d{4}-W(0[1-9]|[1-4]\d|5[0-3]))?$")]


class Kind(StrEnum):
    meeting = "meeting"
    talk = "talk"
    absence = "absence"
    busy = "busy"


@dataclass(frozen=True)
class Entry:
    """Something that takes time. The words that nobody translates are as people wrote them."""

    kind: Kind
    span: Span
    status: str = ""
    title: str = ""
    detail: str = ""
    address: str = ""

    @property
    def is_meeting(self) -> bool:
        """Whether the supervisor meets somebody."""
        return self.kind in (Kind.meeting, Kind.talk)

    def falls_on(self, day: Span) -> bool:
        return self.span.start < day.end and day.start < self.span.end


@dataclass(frozen=True)
class Day:
    """One day by the clock on the wall, which may have 23 or 25 hours."""

    day: date
    span: Span
    holiday: str | None
    opening: list[Span]
    entries: list[Entry]

    def part(self, entry: Entry) -> Span:
        """What of it falls on this day."""
        return Span(max(entry.span.start, self.span.start), min(entry.span.end, self.span.end))

    @property
    def meetings(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.is_meeting]


@dataclass(frozen=True)
class Week:
    monday: date
    days: list[Day]

    @property
    def number(self) -> int:
        return self.monday.isocalendar().week

    @property
    def sunday(self) -> date:
        return self.days[-1].day

    def has(self, day: date) -> bool:
        return self.monday <= day <= self.sunday


def monday_of(asked: str, today: date) -> date:
    """The Monday of the week asked for as ``2026-W49``; the present one's when there is no such week."""
    try:
        monday = date.fromisocalendar(int(asked[:4]), int(asked[6:]), 1)
    except ValueError:
        monday = date.min
    return monday if FIRST_YEAR <= monday.year <= LAST_YEAR else today - today.weekday() * DAY


def name_of(day: date) -> str:
    """What the week of a day is called in addresses: 2026-W49."""
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02}"


def look(db: Database, supervisor_id: UUID, monday: date, now: datetime) -> Week:
    """One week, in as many statements whatever stands in it."""
    practice = availability.load(db, supervisor_id)
    days = [monday + timedelta(days=number) for number in range(DAYS)]
    spans = {day: Span(at_wall_clock(day, time.min), at_wall_clock(day + DAY, time.min)) for day in days}
    whole = Span(spans[days[0]].start, spans[days[-1]].end)
    entries = sorted(_entries(db, supervisor_id, whole, now), key=lambda entry: entry.span)
    return Week(
        monday,
        [
            Day(
                day,
                span,
                holiday_name(day),
                _opening(practice, day),
                [entry for entry in entries if entry.falls_on(span)],
            )
            for day, span in spans.items()
        ],
    )


def _opening(practice: Practice, day: date) -> list[Span]:
    """When the supervisor can be booked for anything at all."""
    if is_holiday(day, practice.rules.holidays):
        return []
    stretches = [span for form in (None, *Form) for span in slots.opening(practice.rules, form, day)]
    return slots.merged(stretches, touching=True)


def _entries(db: Database, supervisor_id: UUID, week: Span, now: datetime) -> Iterator[Entry]:
    yield from _meetings(db, supervisor_id, week)
    yield from _talks(db, supervisor_id, week, now)
    yield from _absences(db, supervisor_id, week)
    yield from _busy_times(db, supervisor_id, week)


def _meetings(db: Database, supervisor_id: UUID, week: Span) -> Iterator[Entry]:
    query = select(Session, Process).join(Process, col(Process.id) == Session.process_id)
    query = query.where(Session.supervisor_id == supervisor_id, Session.status != "cancelled")
    # Meetings end on the day on which they begin or the next, so that the index over their starts will do.
    near = and_(col(Session.starts_at) > week.start - DAY, col(Session.starts_at) < week.end)
    for session, process in db.execute(query.where(near, col(Session.ends_at) > week.start)):
        yield Entry(
            Kind.meeting,
            Span(session.starts_at, session.ends_at),
            session.status,
            process.title,
            f"{process.code} · {session.number}/{process.planned_sessions}",
            f"/tyo/tapaamiset/{session.id}",
        )


def _talks(db: Database, supervisor_id: UUID, week: Span, now: datetime) -> Iterator[Entry]:
    """First talks, also those that are only held; not those that nobody confirmed in time."""
    held = and_(col(Intake.status) == "held", col(Intake.expires_at) > now)
    query = select(Intake).where(Intake.supervisor_id == supervisor_id, or_(col(Intake.status) == "confirmed", held))
    for talk in db.scalars(query.where(col(Intake.starts_at) < week.end, col(Intake.ends_at) > week.start)):
        span = Span(talk.starts_at, talk.ends_at)
        yield Entry(Kind.talk, span, talk.status, "", talk.name, f"/tyo/kartoitukset/{talk.id}")


def _absences(db: Database, supervisor_id: UUID, week: Span) -> Iterator[Entry]:
    query = select(Absence).where(Absence.supervisor_id == supervisor_id, col(Absence.ends_at) > week.start)
    for absence in db.scalars(query.where(col(Absence.starts_at) < week.end)):
        yield Entry(Kind.absence, Span(absence.starts_at, absence.ends_at), detail=absence.reason or "")


def _busy_times(db: Database, supervisor_id: UUID, week: Span) -> Iterator[Entry]:
    query = select(BusyTime).where(BusyTime.supervisor_id == supervisor_id, col(BusyTime.ends_at) > week.start)
    for busy in db.scalars(query.where(col(BusyTime.starts_at) < week.end)):
        yield Entry(Kind.busy, Span(busy.starts_at, busy.ends_at))


def today(now: datetime) -> date:
    return local(now).date()
