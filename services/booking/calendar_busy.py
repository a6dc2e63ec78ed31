"""When somebody is busy, by a calendar file of theirs (RFC 5545). What they do then is not looked at."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component

from services.booking.slots import Span, merged
from services.workdays import at_wall_clock

MOST = 10_000
"""Occurrences looked at; nobody has so many appointments in two years."""
ODD = (ValueError, TypeError, KeyError, AttributeError, OverflowError)
"""What the library stumbles over where a value is missing, doubled, of another kind or beyond the calendar's end."""


class NotACalendar(Exception):
    """What was read is no calendar file."""


class TooManyAppointments(Exception):
    """The calendar has more appointments than any person."""


def busy_times(file: bytes, window: Span, zone: ZoneInfo, own_domain: str = "") -> list[Span]:
    """The busy stretches within a window, merged. All-day and floating times are meant in this zone.

    Entries that we published ourselves are left out: they come back when somebody subscribes to our calendar
    in theirs, and would keep a time busy that was given up here long ago.
    """
    found: list[Span] = []
    for calendar in _calendars(file):
        found += islice(_appointments(calendar, window, zone, own_domain), MOST + 1)
        if len(found) > MOST:
            raise TooManyAppointments
    inside = (Span(max(span.start, window.start), min(span.end, window.end)) for span in found)
    return merged((span for span in inside if span.start < span.end), touching=True)


def _calendars(file: bytes) -> list[Calendar]:
    try:
        calendars = [one for one in Calendar.from_ical(file, multiple=True) if isinstance(one, Calendar)]
    except (ValueError, IndexError, KeyError) as error:
        raise NotACalendar from error
    if not calendars:
        raise NotACalendar
    return calendars


def _appointments(calendar: Calendar, window: Span, zone: ZoneInfo, own_domain: str) -> Iterator[Span]:
    for series in _series(calendar):
        with suppress(*ODD):
            yield from list(_meetings(series, window, zone, own_domain))
    for declared in calendar.walk("VFREEBUSY"):
        with suppress(*ODD):
            yield from list(_declared_busy(declared, zone))


def _series(calendar: Calendar) -> Iterable[Calendar]:
    """Every meeting with its repetitions and exceptions by itself, so that an odd one hides no other."""
    series: defaultdict[object, Calendar] = defaultdict(Calendar)
    for event in calendar.walk("VEVENT"):
        series[str(event["UID"]) if "UID" in event else id(event)].add_component(event)
    return series.values()


def _meetings(series: Calendar, window: Span, zone: ZoneInfo, own_domain: str) -> Iterator[Span]:
    events = recurring_ical_events.of(series, components=["VEVENT"], skip_bad_series=True)
    # All-day and floating times know no zone, so the library looks a day further and we cut.
    for event in events.between(window.start - timedelta(days=1), window.end + timedelta(days=1)):
        if _is_busy(event) and not (own_domain and str(event.get("UID", "")).endswith(f"@{own_domain}")):
            yield _span(event.start, event.end, zone)


def _is_busy(event: Component) -> bool:
    return (
        str(event.get("TRANSP", "OPAQUE")).upper() != "TRANSPARENT"
        and str(event.get("STATUS", "CONFIRMED")).upper() != "CANCELLED"
        and str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "BUSY")).upper() != "FREE"
    )


def _declared_busy(component: Component, zone: ZoneInfo) -> Iterator[Span]:
    """Some calendars tell no appointments, only VFREEBUSY."""
    told = component.get("FREEBUSY", [])
    for period in told if isinstance(told, list) else [told]:
        if period.params.get("FBTYPE", "BUSY").upper() != "FREE":
            yield _span(period.start, period.end, zone)


def _span(start: date, end: date, zone: ZoneInfo) -> Span:
    return Span(_instant(start, zone), _instant(end, zone))


def _instant(moment: date, zone: ZoneInfo) -> datetime:
    if not isinstance(moment, datetime):
        return at_wall_clock(moment, time.min, zone)
    if moment.tzinfo is None:
        return at_wall_clock(moment.date(), moment.time(), zone)
    return moment.astimezone(UTC)
