"""Splits a calendar file into its components (RFC 5545 §3.4), however damaged the lines between them are.

Only the lines that say when something is, and whether it takes time, are kept; the rest is never looked at. A line
that nobody can read but that may have said a time makes its component doubtful.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MOST_LINES = 10_000
DEEPEST = 20

ENTRIES = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE", "VAVAILABILITY"})
"""What stands directly in a calendar: each begins after the end of the one before, whether that end is there or not."""
OBSERVANCES = frozenset({"STANDARD", "DAYLIGHT"})
PARTS = frozenset({"VALARM", "STANDARD", "DAYLIGHT", "AVAILABLE", "PARTICIPANT", "VLOCATION", "VRESOURCE"})
KEPT = frozenset(
    {
        *("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"),
        *("UID", "SEQUENCE", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "ORGANIZER", "ATTENDEE", "FREEBUSY"),
        *("TZID", "TZOFFSETFROM", "TZOFFSETTO", "X-WR-TIMEZONE", "X-WR-CALNAME"),
    }
)
TIMES = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "FREEBUSY"})
OF_NO_USE = re.compile(
    rb"(?:SUMMARY|DESCRIPTION|DTSTAMP|CREATED|LAST-MODIFIED|LOCATION|X-(?!WR-|MICROSOFT-CDO-BUSYSTATUS)[\w-]+|CLASS|URL"
    rb"|CATEGORIES|PRIORITY|TRIGGER|ACTION|COMMENT|ATTACH|GEO|CONTACT|RELATED-TO|RESOURCES|REQUEST-STATUS|CONFERENCE"
    rb"|ACKNOWLEDGED|REPEAT|COMPLETED|DUE|PERCENT-COMPLETE|TZNAME|TZURL|TZUNTIL|TZID-ALIAS-OF|EXRULE|VERSION|PRODID"
    rb"|METHOD|CALSCALE|NAME|COLOR|IMAGE|SOURCE|REFRESH-INTERVAL|BUSYTYPE|CALENDAR-ADDRESS|PARTICIPANT-TYPE"
    rb"|LOCATION-TYPE|PROXIMITY|STRUCTURED-DATA|STYLED-DESCRIPTION)[;:]"
)
"""Properties that never say when somebody is busy."""

INDENTED = re.compile(rb"\s+(?:BEGIN|END|DTSTART|DTEND|DURATION|RRULE|RDATE|FREEBUSY)\s*[;:]", re.IGNORECASE)
"""No text is folded just before such a word."""
LINE = re.compile(rb"[^\r\n]+")
PROPERTY = re.compile(r"\s*([A-Za-z0-9-]+)\s*([;:].*)", re.DOTALL)
MAY_SAY_WHEN = re.compile(
    r"(?:FREQ|BY(?:DAY|MONTH(?:DAY)?|SETPOS|YEARDAY|WEEKNO|HOUR|MINUTE|SECOND))="
    r"|(?<!\d)(?:19|20)\d\d[01]\d[0-3]\d(?!\d)|P(?:\d+[DW]|T\d+[HMS])",
    re.IGNORECASE,
)
SECOND = re.compile(r"(?<![-=])(?:DTSTART|DTEND|DURATION|RRULE|RDATE|FREEBUSY)[;:]")
FRAME = re.compile(r"(?<=[A-Z ])(?=(?:BEGIN|END):V)")
"""Where a component begins or ends in the middle of a line, as files do that were put together carelessly."""
NEVER_SAYS_WHEN = re.compile(OF_NO_USE.pattern.decode(), re.IGNORECASE)


class NotACalendar(Exception):
    """What was read is no calendar file."""


class CutOff(Exception):
    """The calendar ends in the middle."""


@dataclass(slots=True)
class Component:
    """A component with the properties that were kept: by their names, all that follows the name."""

    name: str
    properties: dict[str, list[str]] = field(default_factory=dict)
    parts: list["Component"] = field(default_factory=list)
    is_doubtful: bool = False

    def all(self, name: str) -> list[str]:
        return self.properties.get(name, [])

    def keep(self, name: str, rest: str) -> None:
        same = self.properties.setdefault(name, [])
        if len(same) < MOST_LINES:
            same.append(rest)
        else:
            self.is_doubtful = True

    def swallow(self, part: "Component") -> None:
        """Take over what a part without an end holds: what followed it may be ours."""
        for name, values in part.properties.items():
            for rest in values:
                self.keep(name, rest)
        self.is_doubtful |= part.is_doubtful


def calendars(file: bytes, is_wanted: Callable[[Component], bool]) -> Iterator[Component]:
    """The calendars of a file with those of their entries that are wanted; the others are forgotten at once."""
    builder = _Builder(is_wanted)
    for line in _unfolded(file):
        builder.take(line)
        while builder.finished:
            yield builder.finished.pop()
    builder.ensure_complete()


def _unfolded(file: bytes) -> Iterator[bytes]:
    """The lines, each in one piece; those of no use are empty. Some programs end theirs with CR, or indent them."""
    line = b""
    more: list[bytes] = []
    for found in LINE.finditer(file.removeprefix(b"\xef\xbb\xbf")):
        raw = found[0]
        if raw[:1] in (b" ", b"\t") and not INDENTED.match(raw):
            if line and len(more) < MOST_LINES:
                more.append(raw[1:])
        else:
            yield b"".join((line, *more)) if more else line
            line, more = (b"" if OF_NO_USE.match(raw) and not _may_be_two(raw) else raw), []
    yield b"".join((line, *more))


def _may_be_two(line: bytes) -> bool:
    """Whether a line break may be missing before something that says a time. Most lines have but one colon."""
    return line.count(b":") > 1 and bool(SECOND.search(line.decode("utf-8", "replace"), 1))


class _Builder:
    """Puts lines together. A damaged BEGIN or END costs no more than the name of its own component."""

    def __init__(self, is_wanted: Callable[[Component], bool]) -> None:
        self.finished: list[Component] = []
        self._is_wanted = is_wanted
        self._open: list[Component] = []
        self._has_begun = self._has_ended = False
        self._is_kept = False

    def take(self, line: bytes) -> None:
        if not line:
            self._is_kept = False
            return
        text = line.decode("utf-8", "replace")
        if text.startswith(("BEGIN:", "END:")) and text.count(":") > 1:
            for part in FRAME.split(text):
                self._take(part)
        else:
            self._take(text)

    def _take(self, text: str) -> None:
        found = PROPERTY.match(text)
        name = found[1].upper() if found else ""
        was_kept, self._is_kept = self._is_kept, name in KEPT
        if found and name in KEPT:
            self._keep(name, found[2].rstrip())
        elif found and name == "BEGIN" and found[2][0] == ":":
            self._begin(found[2][1:].strip().upper())
        elif found and name == "END" and found[2][0] == ":":
            self._end(found[2][1:].strip().upper())
        if self._open and (_is_doubtful(name, text) or (was_kept and not found)):
            self._open[-1].is_doubtful = True

    def _keep(self, name: str, rest: str) -> None:
        if not self._open and name in TIMES:  # the calendar seemed to end before
            self._open.append(Component("VCALENDAR"))
        if self._open:
            self._open[-1].keep(name, rest)

    def ensure_complete(self) -> None:
        if self._open and self._has_begun:
            raise CutOff
        if self._open or not self._has_ended:
            raise NotACalendar

    def _begin(self, name: str) -> None:
        if name == "VCALENDAR":
            self._has_begun = True
            self._close(0, has_end=False)
        elif name in ENTRIES:
            self._close(1, has_end=False)
            if not self._open:
                self._open.append(Component("VCALENDAR"))
        elif name in OBSERVANCES:
            self._close(2, has_end=False)
            if len(self._open) == 1:  # the zone that it belongs to has ended too early
                for zone in [part for part in self._open[0].parts if part.name == "VTIMEZONE"][-1:]:
                    zone.is_doubtful = True
        if len(self._open) < DEEPEST and (self._open or name == "VCALENDAR"):
            self._open.append(Component(name))

    def _end(self, name: str) -> None:
        if name.startswith("VCALENDAR"):
            self._has_ended |= bool(self._open)
            self._close(0)
            return
        same = [depth for depth, component in enumerate(self._open) if component.name == name]
        misnamed = [depth for depth in range(1, len(self._open)) if self._may_be(depth, name)]
        if same:
            self._close(same[-1])
        elif misnamed:
            self._open[misnamed[-1]].name = name
            self._close(misnamed[-1])
        elif len(self._open) > 1 and name in ("VEVENT", "VFREEBUSY") and self._open[1].name != "VEVENT":
            self._open[1].name, self._open[1].is_doubtful = name, True
            self._close(1)
        elif name in ENTRIES and len(self._open) == 1 and TIMES & self._open[0].properties.keys():
            self._add(_stray(self._open[0], name))

    def _may_be(self, depth: int, name: str) -> bool:
        """Whether this ends a component whose first line was damaged, so that it has no name that there is."""
        return self._open[depth].name not in ENTRIES | PARTS and name in (ENTRIES if depth == 1 else PARTS)

    def _close(self, depth: int, *, has_end: bool = True) -> None:
        """Close what is open from this depth on. Whatever lies above it has no end of its own."""
        while len(self._open) > depth:
            component = self._open.pop()
            is_whole = has_end and len(self._open) == depth
            if not self._open:
                self.finished.append(component)
            elif component.name in ENTRIES:
                component.is_doubtful |= component.name == "VTIMEZONE" and not is_whole
                self._add(component)
            elif self._open[-1].name == "VTIMEZONE":
                component.is_doubtful |= not is_whole
                self._open[-1].parts.append(component)
            elif not is_whole:
                self._without_end(component)

    def _without_end(self, component: Component) -> None:
        if component.name not in PARTS and component.all("DTSTART"):
            component.name, component.is_doubtful = "VEVENT", True
            self._add(component)
        else:
            self._open[-1].swallow(component)

    def _add(self, entry: Component) -> None:
        if self._is_wanted(entry):
            self._open[0].parts.append(entry)


def _is_doubtful(name: str, text: str) -> bool:
    """Whether the line may have said a time before its name was damaged, or says a second thing."""
    if text.count(":") > 1 and SECOND.search(text, 1):
        return True
    return name not in KEPT and bool(MAY_SAY_WHEN.search(text)) and not NEVER_SAYS_WHEN.match(text.lstrip())


def _stray(calendar: Component, name: str) -> Component:
    """The entry whose first line was damaged, so that its lines lie in the calendar."""
    lost = {name: rests for name, rests in calendar.properties.items() if not name.startswith("X-WR-")}
    calendar.properties = {name: rests for name, rests in calendar.properties.items() if name not in lost}
    return Component(name, lost, is_doubtful=True)
