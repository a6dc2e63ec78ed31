"""Reads when an entry of a calendar is, and whether it takes time (RFC 5545 §3.6.1), from whatever can be read of it.

What is broken is passed over if more time is taken by that than was meant; else the entry is in doubt, and told.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from services.booking.calendar.ics.declined import Owner
from services.booking.calendar.ics.lines import Component
from services.booking.calendar.ics.rules import Rule, read_rule
from services.booking.calendar.ics.values import (
    DAY,
    MOMENT,
    Length,
    Moment,
    Unreadable,
    Value,
    duration,
    instant,
    later,
    moment,
    parameters,
    text_of,
    value_of,
)
from services.booking.calendar.ics.zones import Zones
from services.booking.calendar.slots import Span

FREE = {"STATUS": {"CANCELLED"}, "TRANSP": {"TRANSPARENT"}, "X-MICROSOFT-CDO-BUSYSTATUS": {"FREE", "WORKINGELSEWHERE"}}
A_DAY = Length(nominal=DAY)

Lengths = tuple[Length, ...]
"""How long something is. Where a file says it twice, the one that ends last holds."""


class Why(StrEnum):
    """Why an entry could not be read as it was meant."""

    damaged = "damaged"
    unknown_zone = "unknown-zone"
    too_many = "too-many"


class Doubt(NamedTuple):
    """An entry that could not be read as it was meant, and when it is, as far as that is known."""

    at: datetime | None
    why: Why


@dataclass(frozen=True)
class Entry:
    """An event, or all events of a series."""

    uid: str
    #: None if nobody can read which version it is
    sequence: int | None
    start: Moment
    lengths: Lengths
    is_free: bool = False
    rules: tuple[Rule, ...] = ()
    dates: tuple[tuple[Moment, Lengths], ...] = ()
    left_out: tuple[Moment, ...] = ()
    replaces: Moment | None = None
    replaces_following: bool = False


class EntryReader:
    """Reads the entries of one calendar. Without an owner, what they declined takes time like anything else."""

    def __init__(self, zones: Zones, days_in: tzinfo, owner: Owner | None, window: Span) -> None:
        self.doubts: list[Doubt] = []
        self._window = window
        self._zones = zones
        self._days_in = days_in
        self._owner = owner
        self._why: Why | None = None

    def events(self, event: Component) -> list[Entry]:
        """One entry as a rule; none if nobody knows when it begins, several if it says so twice."""
        self._why = Why.damaged if event.is_doubtful or event.all("FREEBUSY") else None
        starts = self._starts(event)
        is_free = len(starts) == 1 and self._is_free(event)
        entries = [self._entry(event, start, is_free) for start in starts]
        if not starts or (self._why and not is_free and not self._is_over(event, entries)):
            self._doubt(starts[0] if starts else self._replaced(event))
        return entries

    def declared_busy(self, component: Component) -> Iterator[Span]:
        """Some calendars tell no events, only that somebody is busy (VFREEBUSY)."""
        self._why = Why.damaged if component.is_doubtful else None
        for rest in component.all("FREEBUSY"):
            if parameters(rest)[0].get("FBTYPE") != "FREE":
                for start, lengths in self._periods(rest):
                    yield from inside(self._window, start, lengths)
        if self._why:
            self._doubt(None)

    def _is_over(self, event: Component, entries: Iterable[Entry]) -> bool:
        """Whether it is past as a whole, however it was meant: by a day or two no zone is out."""
        if event.is_doubtful or event.all("RRULE") or event.all("RDATE"):
            return False
        since = self._window.start - 2 * DAY
        return all(edge < since for entry in entries for edge in _edges(entry.start, entry.lengths))

    def _doubt(self, moment: Moment | None) -> None:
        self.doubts.append(Doubt(moment.instant if moment else None, self._why or Why.damaged))

    def _entry(self, event: Component, start: Moment, is_free: bool) -> Entry:
        replaced = event.all("RECURRENCE-ID")
        replaces = self._replaced(event)
        return Entry(
            # Nobody knows what such a one replaces, so it stands for itself.
            uid="" if replaced and replaces is None else _first(event, "UID"),
            sequence=_sequence(event),
            start=start,
            lengths=self._lengths(event, start),
            is_free=is_free,
            rules=tuple(self._rules(event, start)),
            dates=tuple(period for rest in event.all("RDATE") for period in self._periods(rest)),
            left_out=tuple(one for rest in event.all("EXDATE") for one in self._readable(rest)),
            replaces=replaces,
            replaces_following=any(self._reaches_on(rest) for rest in replaced),
        )

    def _is_free(self, event: Component) -> bool:
        for name, free in FREE.items():
            said = {text_of(rest).upper() for rest in event.all(name)}
            if said and said <= free:
                return True
        return self._owner is not None and self._owner.declined(event)

    # -- when -------------------------------------------------------------------------------------------

    def _starts(self, event: Component) -> list[Moment]:
        """What stands after a time that can be read is passed over, but told."""
        starts: dict[Moment, None] = {}
        for rest in event.all("DTSTART"):
            value = value_of(rest)
            found = MOMENT.match(value.text)
            if found is None or found[0] != value.text:
                self._why = Why.damaged
            with self._or_doubt():
                starts[self._moment(found[0] if found else "", value)] = None
        return list(starts)

    def _moment(self, text: str, value: Value) -> Moment:
        if not value.is_plain:
            self._why = Why.damaged
        return moment(text, lambda: self._zone(value.zone), self._days_in, value.kind)

    def _zone(self, name: str) -> tzinfo:
        """The zone of this name; where nobody knows it, the likeliest."""
        zone = self._zones.named(name)
        if zone is None:
            self._why = self._why or Why.unknown_zone
        return zone or self._zones.likely

    def _readable(self, rest: str) -> list[Moment]:
        value, found = value_of(rest), []
        for text in value.parts:
            try:
                found.append(self._moment(text, value))
            except Unreadable:
                continue
        return found

    def _replaced(self, event: Component) -> Moment | None:
        found = {one for rest in event.all("RECURRENCE-ID") for one in self._readable(rest)}
        return found.pop() if len(found) == 1 else None

    def _reaches_on(self, rest: str) -> bool:
        reaches = value_of(rest).reaches
        if reaches not in ("", "THISANDFUTURE"):
            self._why = Why.damaged
        return reaches == "THISANDFUTURE"

    # -- how long ---------------------------------------------------------------------------------------

    def _lengths(self, event: Component, start: Moment) -> Lengths:
        found: list[Length] = []
        for rest in event.all("DTEND"):
            value = value_of(rest)
            with self._or_doubt():
                found += self._between(start, self._moment(value.text, value))
        for rest in event.all("DURATION"):
            with self._or_doubt():
                found.append(duration(text_of(rest)))
        if start.is_day:
            return tuple(length for length in found if length > Length()) or (A_DAY,)
        if not found and (event.all("DTEND") or event.all("DURATION")):
            return (self._rest_of_the_day(start),)
        return tuple(dict.fromkeys(found))

    def _rest_of_the_day(self, start: Moment) -> Length:
        """As long as something may be whose end nobody knows."""
        midnight = datetime.combine(start.on_clocks_of(self._days_in), time.min)
        return Length(exact=instant(later(midnight, DAY), self._days_in) - start.instant)

    # -- again and again --------------------------------------------------------------------------------

    def _rules(self, event: Component, start: Moment) -> Iterator[Rule]:
        for rest in event.all("RRULE"):
            with self._or_doubt():
                rule = read_rule(text_of(rest), start.zone, self._days_in)
                yield rule
                if not rule.is_whole:
                    raise Unreadable

    def _periods(self, rest: str) -> Iterator[tuple[Moment, Lengths]]:
        """Moments, which are as long as their series says, and periods, which say it themselves."""
        value = value_of(rest)
        for text in value.parts or [""]:
            begins, _, ends = text.partition("/")
            with self._or_doubt():
                start = self._moment(begins, value)
                yield start, self._period_lengths(start, ends, value)

    def _period_lengths(self, start: Moment, ends: str, value: Value) -> Lengths:
        if not ends:
            return ()
        if ends.lstrip("+")[:1] in "Pp":
            return (duration(ends),)
        return tuple(self._between(start, self._moment(ends, value)))

    def _between(self, start: Moment, end: Moment) -> list[Length]:
        """From one moment to another, as the wall's clock and the exact one count it."""
        if end.is_day and not start.is_day and end.wall <= start.wall:
            end = Moment(later(end.wall, DAY), start.zone)
        nominal = end.on_clocks_of(start.zone) - start.wall
        if nominal <= -DAY:
            raise Unreadable
        if nominal < timedelta(0):
            self._why = Why.damaged
        if start.is_day and (end.is_day or nominal <= timedelta(0)):
            return [Length(max(nominal, timedelta(0)) or DAY)]
        return [Length(exact=end.instant - start.instant), Length(nominal)]

    @contextmanager
    def _or_doubt(self) -> Iterator[None]:
        """What can't be read is passed over, and makes the entry doubtful."""
        try:
            yield
        except Unreadable:
            self._why = Why.damaged


def inside(window: Span, start: Moment, lengths: Lengths) -> Iterator[Span]:
    """What this takes of the window. An end that lies shortly before the start was taken for it."""
    edges = _edges(start, lengths)
    span = Span(max(min(edges), window.start), min(max(edges), window.end))
    if span.start < span.end:
        yield span


def _edges(start: Moment, lengths: Lengths) -> list[datetime]:
    return [start.instant, *(length.end(start.wall, start.zone) for length in lengths)]


def _sequence(event: Component) -> int | None:
    numbers = [text_of(rest) for rest in event.all("SEQUENCE")]
    return max(map(int, numbers), default=0) if all(re.fullmatch(r"[0-9]{1,9}", text) for text in numbers) else None


def _first(event: Component, name: str) -> str:
    return next((text for rest in event.all(name) if (text := text_of(rest))), "")
