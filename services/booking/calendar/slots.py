"""Free slots of a supervisor, by their weekly hours, booking rules and what is already taken.

Nothing here reads a database or a clock. Instants are UTC; hours are wall-clock time in the supervisor's zone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from heapq import nsmallest
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from services.events.catalogue import Form
from services.finnish.workdays import HELSINKI, at_wall_clock, is_holiday, local

MAX_ALTERNATIVES = 5
ALTERNATIVES_A_DAY = 2
ALTERNATIVES_WITHIN = timedelta(days=14)
ONE_DAY = timedelta(days=1)


class Span(NamedTuple):
    """From one instant up to, but not including, another."""

    start: datetime
    end: datetime


class RefusalReason(StrEnum):
    """Why a time is not available."""

    taken = "taken"
    notice = "notice"
    horizon = "horizon"
    holiday = "holiday"
    outside_hours = "outside-hours"
    absence = "absence"
    limit = "limit"


@dataclass(frozen=True)
class OpenHours:
    """One stretch of a working week. No forms means every form, and intakes.

    What ends at midnight ends with the day.
    """

    weekday: int
    start: time
    end: time
    forms: frozenset[str] | None = None

    def on(self, day: date, zone: ZoneInfo) -> Span:
        last = day if self.end > time.min else day + ONE_DAY
        return Span(at_wall_clock(day, self.start, zone), at_wall_clock(last, self.end, zone))


@dataclass(frozen=True)
class BookingRules:
    """A supervisor's booking rules. A rule that is None does not apply."""

    zone: ZoneInfo = HELSINKI
    hours: tuple[OpenHours, ...] = ()
    buffer_before: timedelta = timedelta(0)
    buffer_after: timedelta = timedelta(0)
    notice: timedelta = timedelta(hours=24)
    horizon: timedelta | None = timedelta(days=90)
    step: timedelta = timedelta(minutes=15)
    holidays: str | None = "FI"
    daily_limit: int | None = None
    weekly_limit: int | None = None

    def for_supervisor(self) -> Self:
        """The supervisor and the admin may book at short notice, far ahead, and beyond the limits."""
        return replace(self, notice=timedelta(0), horizon=None, daily_limit=None, weekly_limit=None)

    @property
    def has_limits(self) -> bool:
        return self.daily_limit is not None or self.weekly_limit is not None

    def blocked(self, session: Span) -> Span:
        """A session with its buffers; the buffers of neighbours add up."""
        return Span(session.start - self.buffer_before, session.end + self.buffer_after)

    def last_day(self, now: datetime) -> date:
        return date.max if self.horizon is None else (local(now, self.zone) + self.horizon).date()


@dataclass(frozen=True)
class SupervisorCalendar:
    """A supervisor's rules together with one window of their calendar.

    `occupied` are sessions and pending holds with their buffers, `busy` the times of imported calendars,
    `session_starts` the starts of those that count towards the limits.
    """

    rules: BookingRules
    absences: tuple[Span, ...] = ()
    busy: tuple[Span, ...] = ()
    occupied: tuple[Span, ...] = ()
    session_starts: tuple[datetime, ...] = field(default=())

    @cached_property
    def _per_day(self) -> Counter[date]:
        return Counter(local(start, self.rules.zone).date() for start in self.session_starts)

    @cached_property
    def _per_week(self) -> Counter[tuple[int, int]]:
        weeks: Counter[tuple[int, int]] = Counter()
        for day, count in self._per_day.items():
            weeks[_week(day)] += count
        return weeks

    def is_full(self, day: date) -> bool:
        """Whether the day, or the ISO week it belongs to, has as many sessions as the supervisor wants."""
        rules = self.rules
        if rules.daily_limit is not None and self._per_day[day] >= rules.daily_limit:
            return True
        return rules.weekly_limit is not None and self._per_week[_week(day)] >= rules.weekly_limit


def free_starts(
    calendar: SupervisorCalendar, form: Form | None, length: timedelta, first: date, last: date, now: datetime
) -> Iterator[datetime]:
    """Every start on the grid, in order, at which a session of this length fits on these days.

    The grid begins anew with each stretch of hours. The calendar has to hold the whole ISO weeks of the days.
    """
    rules = calendar.rules
    earliest = now + rules.notice
    days = _days(max(first, local(earliest, rules.zone).date()), min(last, rules.last_day(now)))
    hindrances = iter(_blocked_starts(calendar, length))
    hindrance = next(hindrances, None)
    for stretch in (stretch for day in days for stretch in _bookable_spans(calendar, form, day)):
        start = _on_grid(stretch.start, earliest, rules.step)
        while start + length <= stretch.end:
            while hindrance and hindrance.end <= start:
                hindrance = next(hindrances, None)
            if hindrance and hindrance.start < start:
                start = _on_grid(stretch.start, hindrance.end, rules.step)
            else:
                yield start
                start += rules.step


def nearest_free_spans(
    calendar: SupervisorCalendar,
    form: Form | None,
    length: timedelta,
    wanted: datetime,
    now: datetime,
    present: Span | None = None,
) -> list[Span]:
    """The free times nearest to the one that is not available, before and after it, nearest first.

    What is to be moved is offered no move to where it is at `present`.
    """
    others = (span for span in _free_nearby(calendar, form, length, wanted, now) if span != present)
    return nsmallest(MAX_ALTERNATIVES, others, key=lambda span: (abs(span.start - wanted), span.start))


def free_spans_of_several_days(
    calendar: SupervisorCalendar, form: Form | None, length: timedelta, wanted: datetime, now: datetime
) -> list[Span]:
    """The same, but few of each day: whose day of a series is full of other things looks for another day."""
    nearest = sorted(
        _free_nearby(calendar, form, length, wanted, now), key=lambda span: (abs(span.start - wanted), span.start)
    )
    of_day: Counter[date] = Counter()
    spread = []
    for span in nearest:
        day = local(span.start, calendar.rules.zone).date()
        of_day[day] += 1
        if of_day[day] <= ALTERNATIVES_A_DAY:
            spread.append(span)
    return spread[:MAX_ALTERNATIVES]


def _free_nearby(
    calendar: SupervisorCalendar, form: Form | None, length: timedelta, wanted: datetime, now: datetime
) -> Iterator[Span]:
    first, last = days_nearby(wanted, calendar.rules.zone)
    return (Span(start, start + length) for start in free_starts(calendar, form, length, first, last, now))


def days_nearby(wanted: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """The first and last day among which alternatives to a time are searched."""
    day = local(wanted, zone).date()
    return day - ALTERNATIVES_WITHIN, day + ALTERNATIVES_WITHIN


def refusal_reason(
    calendar: SupervisorCalendar, form: Form | None, session: Span, now: datetime
) -> RefusalReason | None:
    """Why the rules refuse this time, if they do; whether it is taken is not checked here."""
    rules, day = calendar.rules, local(session.start, calendar.rules.zone).date()
    if session.start < now + rules.notice:
        return RefusalReason.notice
    if day > rules.last_day(now):
        return RefusalReason.horizon
    if is_holiday(day, rules.holidays):
        return RefusalReason.holiday
    if not any(_contains(stretch, session) for stretch in open_spans(rules, form, day)):
        return RefusalReason.outside_hours
    if _overlaps_any(calendar.absences, session) or _overlaps_any(calendar.busy, rules.blocked(session)):
        return RefusalReason.absence
    return RefusalReason.limit if calendar.is_full(day) else None


def open_spans(rules: BookingRules, form: Form | None, day: date) -> list[Span]:
    """When the supervisor works on a day for sessions of this form; stretches that touch become one."""
    weekday = day.isoweekday()
    stretches = (
        hours.on(day, rules.zone)
        for hours in rules.hours
        if hours.weekday == weekday and (form is None or hours.forms is None or form in hours.forms)
    )
    # Hours that lie in the spring night's gap may come out empty.
    return merge_spans((stretch for stretch in stretches if stretch.start < stretch.end), touching=True)


def _bookable_spans(calendar: SupervisorCalendar, form: Form | None, day: date) -> list[Span]:
    if calendar.is_full(day) or is_holiday(day, calendar.rules.holidays):
        return []
    return open_spans(calendar.rules, form, day)


def _blocked_starts(calendar: SupervisorCalendar, length: timedelta) -> list[Span]:
    """Where no session of this length may start: strictly between the ends of these spans."""
    before, after = calendar.rules.buffer_before, calendar.rules.buffer_after
    sessions = (Span(taken.start - length - after, taken.end + before) for taken in calendar.occupied + calendar.busy)
    absences = (Span(absence.start - length, absence.end) for absence in calendar.absences)
    return merge_spans((*sessions, *absences), touching=False)


def merge_spans(spans: Iterable[Span], *, touching: bool) -> list[Span]:
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
    return (first + days * ONE_DAY for days in range((last - first).days + 1))


def _week(day: date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def _contains(stretch: Span, session: Span) -> bool:
    return stretch.start <= session.start and session.end <= stretch.end


def _overlaps_any(spans: Iterable[Span], other: Span) -> bool:
    return any(span.start < other.end and other.start < span.end for span in spans)
