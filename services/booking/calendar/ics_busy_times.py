"""When somebody is busy, by a calendar file of theirs (RFC 5545). What they do then is not looked at.

A time that may be taken is taken. What could not be read as it was meant is told beside it.
"""

import re
import signal
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from time import process_time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.booking.calendar.ics import series
from services.booking.calendar.ics.declined import Owner
from services.booking.calendar.ics.entries import Doubt, Entry, EntryReader, Why
from services.booking.calendar.ics.lines import Component, calendars
from services.booking.calendar.ics.series import TooMany
from services.booking.calendar.ics.values import DAY, text_of
from services.booking.calendar.ics.zones import PARSING_ERRORS, Zones
from services.booking.calendar.slots import Span, merge_spans

MAX_OCCURRENCES = 10_000
SHORTEST_MEETING = timedelta(minutes=45)
SECONDS, SECONDS_PER_SERIES = 4.0, 1.0
"""What the rules of all series, and of one, may cost of the processor."""
REACHING_ON = frozenset({"RRULE", "RDATE", "RECURRENCE-ID", "DURATION"})
DATE = re.compile(r":\s*((?:19|20)\d\d)-?([01]\d)-?([0-3]\d)(?:T[\d:]+Z?)?$", re.IGNORECASE)


class Practice(NamedTuple):
    """Whose calendar is read. All-day and floating times are meant in this zone.

    Entries that we published ourselves are left out: they come back when somebody subscribes to our calendar in
    theirs, and would keep a time busy that was given up here long ago.
    """

    zone: ZoneInfo
    own_domain: str = ""
    addresses: Collection[str] = ()
    declined_are_busy: bool = False


class Reading(NamedTuple):
    """What a calendar takes of a window, merged, and the entries that could not be read as they were meant."""

    busy: list[Span]
    doubts: list[Doubt]


def busy_times(file: bytes, window: Span, practice: Practice) -> Reading:
    """Raises NotACalendar or CutOff."""
    entries: list[Entry] = []
    found: list[Span] = []
    doubts: list[Doubt] = []
    for calendar in calendars(file, _Matter(window, practice.own_domain)):
        reader = _reader(calendar, practice, window)
        for component in calendar.parts:
            if component.name == "VEVENT":
                entries += reader.events(component)
            elif component.name == "VFREEBUSY":
                found += reader.declared_busy(component)
        doubts += reader.doubts
    taken, unclear = _expanded(entries, window)
    return Reading(_compact([*found, *taken]), [*doubts, *unclear])


def _reader(calendar: Component, practice: Practice, window: Span) -> EntryReader:
    named = list(map(text_of, calendar.all("X-WR-TIMEZONE")))
    definitions = [one for one in calendar.parts if one.name == "VTIMEZONE"]
    owner = None if practice.declined_are_busy else Owner(practice.addresses, calendar)
    return EntryReader(Zones(definitions, "".join(named[:1]), practice.zone), practice.zone, owner, window)


class _Matter:
    """Whether an entry can matter at all, by a quick look: most of a large calendar is over and done."""

    def __init__(self, window: Span, own_domain: str) -> None:
        self._since = f"{window.start - 2 * DAY:%Y%m%d}"
        self._own = f"@{own_domain}" if own_domain else None

    def __call__(self, component: Component) -> bool:
        if component.name != "VEVENT":
            return component.name in ("VTIMEZONE", "VFREEBUSY")
        if self._own and any(rest.endswith(self._own) for rest in component.all("UID")):
            return False
        return component.is_doubtful or bool(REACHING_ON & component.properties.keys()) or not self._is_over(component)

    def _is_over(self, event: Component) -> bool:
        dates = [_date(rest) for rest in (*event.all("DTSTART"), *event.all("DTEND"))]
        return bool(dates) and all(date and date < self._since for date in dates)


def _date(rest: str) -> str | None:
    found = DATE.search(rest)
    return found and "".join(found.groups())


def _expanded(entries: Iterable[Entry], window: Span) -> tuple[list[Span], list[Doubt]]:
    """The events of all entries, those of one UID together, whichever calendar of the file they stand in."""
    together: defaultdict[object, list[Entry]] = defaultdict(list)
    for entry in entries:
        together[entry.uid or id(entry)].append(entry)
    found: list[Span] = []
    doubts: list[Doubt] = []
    deadline = process_time() + SECONDS
    for same in together.values():
        taken: list[Span] = []
        try:
            with _no_longer_than(deadline - process_time()) if any(entry.rules for entry in same) else nullcontext():
                for span in series.busy(same, window):
                    taken.append(span)  # one by one: what was read before there were too many is kept
        except TooMany:
            doubts.append(Doubt(same[0].start.instant, Why.too_many))
        except PARSING_ERRORS:
            doubts.append(Doubt(same[0].start.instant, Why.damaged))
        found += merge_spans(taken, touching=True)
    return found, doubts


@contextmanager
def _no_longer_than(seconds: float) -> Iterator[None]:
    """A rule can make the library look for a day that never comes, until the end of the calendar."""

    def give_up(*_: object) -> None:
        raise TooMany

    if seconds <= 0:
        raise TooMany
    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, min(seconds, SECONDS_PER_SERIES))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _compact(spans: Sequence[Span]) -> list[Span]:
    """What touches is one. Of very many, gaps in which no meeting has room go first."""
    busy = merge_spans(spans, touching=True)
    if len(busy) <= MAX_OCCURRENCES:
        return busy
    wider = merge_spans((Span(span.start, span.end + SHORTEST_MEETING) for span in busy), touching=False)
    return [Span(span.start, span.end - SHORTEST_MEETING) for span in wider]
