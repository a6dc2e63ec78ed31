"""Free times: when a supervisor could still meet somebody, by their hours, rules and what is already taken.

Nothing here reads a database or a clock. Instants are UTC; hours are wall-clock time in the supervisor's zone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from heapq import nsmallest
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.events.catalogue import Form
from services.workdays import HELSINKI, at_wall_clock, is_holiday, local

ALTERNATIVES = 5
NEARBY = timedelta(days=14)
DAY = timedelta(days=1)


class Span(NamedTuple):
    """From one instant up to, but not including, another."""

    start: datetime
    end: datetime


class Reason(StrEnum):
    """Why a time can't be had."""

    taken = "taken"
    notice = "notice"
    horizon = "horizon"
    holiday = "holiday"
    outside_hours = "outside-hours"
    absence = "absence"
    limit = "limit"


@dataclass(frozen=True)
class Hours:
    """One stretch of a working week. No forms means every form, and first talks."""

    weekday: int
    start: time
    end: time
    forms: frozenset[str] | None = None


@dataclass(frozen=True)
class Rules:
    """How a supervisor wants to be booked. A rule that is None does not bind."""

    zone: ZoneInfo = HELSINKI
    hours: tuple[Hours, ...] = ()
    buffer_before: timedelta = timedelta(0)
    buffer_after: timedelta = timedelta(0)
    notice: timedelta = timedelta(hours=24)
    horizon: timedelta | None = timedelta(days=90)
    step: timedelta = timedelta(minutes=15)
    holidays: str | None = "FI"
    daily_limit: int | None = None
    weekly_limit: int | None = None

    def for_supervisor(self) -> "Rules":
        """Whoever runs the practice may book at short notice, far ahead, and one more than usual."""
        return replace(self, notice=timedelta(0), horizon=None, daily_limit=None, weekly_limit=None)

    @property
    def has_limits(self) -> bool:
        return self.daily_limit is not None or self.weekly_limit is not None

    def blocked(self, meeting: Span) -> Span:
        """What a meeting takes of the day: itself and its pauses, so the pauses of neighbours add up."""
        return Span(meeting.start - self.buffer_before, meeting.end + self.buffer_after)

    def last_day(self, now: datetime) -> date:
        return date.max if self.horizon is None else (local(now, self.zone) + self.horizon).date()


@dataclass(frozen=True)
class Calendar:
    """A supervisor's rules together with what stands in some window of their calendar.

    `occupied` are meetings and pending holds with their pauses, `busy` the times of imported calendars,
    `meetings` the starts of those that count towards the limits.
    """

    rules: Rules
    absences: tuple[Span, ...] = ()
    busy: tuple[Span, ...] = ()
    occupied: tuple[Span, ...] = ()
    meetings: tuple[datetime, ...] = field(default=())

    @cached_property
    def _per_day(self) -> Counter[date]:
        return Counter(local(start, self.rules.zone).date() for start in self.meetings)

    @cached_property
    def _per_week(self) -> Counter[tuple[int, int]]:
        weeks: Counter[tuple[int, int]] = Counter()
        for day, count in self._per_day.items():
            weeks[_week(day)] += count
        return weeks

    def is_full(self, day: date) -> bool:
        """Whether the day, or the ISO week it belongs to, has as many meetings as the supervisor wants."""
        rules = self.rules
        if rules.daily_limit is not None and self._per_day[day] >= rules.daily_limit:
            return True
        return rules.weekly_limit is not None and self._per_week[_week(day)] >= rules.weekly_limit


def free_starts(
    calendar: Calendar, form: Form | None, length: timedelta, first: date, last: date, now: datetime
) -> Iterator[datetime]:
    """Every start on the grid, in order, at which a meeting of this length fits on these days.

    The grid begins anew with each stretch of hours. The calendar has to hold the whole ISO weeks of the days.
    """
    rules = calendar.rules
    earliest = now + rules.notice
    days = _days(max(first, local(earliest, rules.zone).date()), min(last, rules.last_day(now)))
    hindrances = iter(_hindrances(calendar, length))
    hindrance = next(hindrances, None)
    for stretch in (stretch for day in days for stretch in _open_stretches(calendar, form, day)):
        start = _on_grid(stretch.start, earliest, rules.step)
        while start + length <= stretch.end:
            while hindrance and hindrance.end <= start:
                hindrance = next(hindrances, None)
            if hindrance and hindrance.start < start:
                start = _on_grid(stretch.start, hindrance.end, rules.step)
            else:
                yield start
                start += rules.step


def nearest(
    calendar: Calendar, form: Form | None, length: timedelta, wanted: datetime, now: datetime, most: int = ALTERNATIVES
) -> list[Span]:
    """The free times nearest to the one that can't be had, before and after it, nearest first."""
    first, last = nearby(wanted, calendar.rules.zone)
    starts = free_starts(calendar, form, length, first, last, now)
    best = nsmallest(most, starts, key=lambda start: (abs(start - wanted), start))
    return [Span(start, start + length) for start in best]


def nearby(wanted: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """The days among which alternatives to a time are looked for."""
    day = local(wanted, zone).date()
    return day - NEARBY, day + NEARBY


def refusal(calendar: Calendar, form: Form | None, meeting: Span, now: datetime) -> Reason | None:
    """Why somebody who is bound by the rules can't have this time; whether it is taken is not asked here."""
    rules, day = calendar.rules, local(meeting.start, calendar.rules.zone).date()
    if meeting.start < now + rules.notice:
        return Reason.notice
    if day > rules.last_day(now):
        return Reason.horizon
    if is_holiday(day, rules.holidays):
        return Reason.holiday
    if not any(_holds(stretch, meeting) for stretch in opening(rules, form, day)):
        return Reason.outside_hours
    if _meets(calendar.absences, meeting) or _meets(calendar.busy, rules.blocked(meeting)):
        return Reason.absence
    return Reason.limit if calendar.is_full(day) else None


def opening(rules: Rules, form: Form | None, day: date) -> list[Span]:
    """When the supervisor works on a day for meetings of this form; stretches that touch become one."""
    weekday = day.isoweekday()
    stretches = (
        Span(at_wall_clock(day, hours.start, rules.zone), at_wall_clock(day, hours.end, rules.zone))
        for hours in rules.hours
        if hours.weekday == weekday and (form is None or hours.forms is None or form in hours.forms)
    )
    # Hours that lie in the spring night's gap may come out empty.
    return merged((stretch for stretch in stretches if stretch.start < stretch.end), touching=True)


def _open_stretches(calendar: Calendar, form: Form | None, day: date) -> list[Span]:
    if calendar.is_full(day) or is_holiday(day, calendar.rules.holidays):
        return []
    return opening(calendar.rules, form, day)


def _hindrances(calendar: Calendar, length: timedelta) -> list[Span]:
    """Where no meeting of this length may start: strictly between the ends of these spans."""
    before, after = calendar.rules.buffer_before, calendar.rules.buffer_after
    meetings = (Span(taken.start - length - after, taken.end + before) for taken in calendar.occupied + calendar.busy)
    absences = (Span(absence.start - length, absence.end) for absence in calendar.absences)
    return merged((*meetings, *absences), touching=False)


def merged(spans: Iterable[Span], *, touching: bool) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and (span.start < merged[-1].end or (touching and span.start == merged[-1].end)):
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def _on_grid(anchor: datetime, at_least: datetime, step: timedelta) -> datetime:
    """The first point of the grid that is not before an instant."""
    return anchor if at_least <= anchor else anchor - (anchor - at_least) // step * step


def _days(first: date, last: date) -> Iterator[date]:
    return (first + days * DAY for days in range((last - first).days + 1))


def _week(day: date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def _holds(stretch: Span, meeting: Span) -> bool:
    return stretch.start <= meeting.start and meeting.end <= stretch.end


def _meets(spans: Iterable[Span], other: Span) -> bool:
    return any(span.start < other.end and other.start < span.end for span in spans)
