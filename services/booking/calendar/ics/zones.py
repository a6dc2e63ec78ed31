"""Which time zone a calendar file means by a name: one of the world's, one of Windows', or one that it describes."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from io import StringIO
from zoneinfo import ZoneInfo, available_timezones

from dateutil.tz import tzical
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from services.booking.calendar.ics.lines import Component
from services.booking.calendar.ics.rules import Rule, read_rule

UTC_NAMES = frozenset({"z", "coordinated universal time", "tzone://microsoft/utc"})
NAMED_OFFSET = re.compile(r"(?:UTC|GMT)?([+-][\d:]+)", re.IGNORECASE)
OFFSET = re.compile(r"([+-]?)(\d\d|[1-9])(?:(\d\d)(\d\d)?)?")
ONSET = re.compile(r"\d{8}T\d{6}")
PARSING_ERRORS = (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError)
"""What the library stumbles over."""
OFFSETS = ("TZOFFSETFROM", "TZOFFSETTO")
FIRST_YEAR = "1990"


class Zones:
    """The zones of one calendar by their names. Times without one float: they are meant in a zone of their own."""

    def __init__(self, definitions: Iterable[Component], floating: str, likely: tzinfo) -> None:
        self._definitions = {_value(rest).strip('"'): one for one in definitions for rest in one.all("TZID")}
        self._found: dict[str, tzinfo | None] = {}
        floats_in = self.named(floating) if floating else likely
        self.likely = floats_in or likely
        self._found[""] = floats_in

    def named(self, name: str) -> tzinfo | None:
        """None if nobody knows this zone."""
        if name not in self._found:
            self._found[name] = well_known(name) or self._defined(name) or _named_offset(name)
        return self._found[name]

    def _defined(self, name: str) -> tzinfo | None:
        definition = self._definitions.get(name)
        try:
            return _described(definition) if definition else None
        except PARSING_ERRORS:
            return None


def well_known(name: str) -> tzinfo | None:
    """Names in any case, also behind the name of whoever made the file: /citadel.org/20210101_1/Europe/Helsinki."""
    wanted = name.lower().strip("/")
    if wanted in UTC_NAMES:
        return UTC
    parts = wanted.split("/") if name.startswith("/") else []
    for candidate in (wanted, *("/".join(parts[skipped:]) for skipped in range(1, len(parts)))):
        if candidate in _names():
            return ZoneInfo(_names()[candidate])
    return None


@cache
def _names() -> dict[str, str]:
    windows = {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()}
    return windows | {zone.lower(): zone for zone in available_timezones()}


def _named_offset(name: str) -> tzinfo | None:
    found = NAMED_OFFSET.fullmatch(name.replace(" ", ""))
    try:
        return timezone(_offset(found[1])) if found else None
    except ValueError:
        return None


def _described(definition: Component) -> tzinfo | None:
    """The zone by its own description, if none of it is in doubt: half a description tells the wrong hours."""
    if definition.properties.keys() - {"TZID"} or any(_is_doubtful(one) for one in (definition, *definition.parts)):
        return None
    if any(len(set(part.all(name))) > 1 for part in definition.parts for name in (*OFFSETS, "RRULE")):
        return None
    if not all(part.all("TZOFFSETTO") for part in definition.parts):
        return None
    offsets = {_offset(_value(rest)) for part in definition.parts for rest in part.all("TZOFFSETTO")}
    if len(offsets) == 1:
        return timezone(offsets.pop())
    lines = [line for part in definition.parts for line in _observance(part)]
    zone: tzinfo = tzical(StringIO("\n".join(["BEGIN:VTIMEZONE", "TZID:x", *lines, "END:VTIMEZONE"]))).get()
    datetime(2030, 1, 1, tzinfo=zone).utcoffset()  # a rule that can't be followed is found out here
    return zone


def _is_doubtful(one: Component) -> bool:
    return one.is_doubtful or one.name not in ("VTIMEZONE", "STANDARD", "DAYLIGHT")


def _observance(part: Component) -> list[str]:
    """When an offset begins, in the only form in which the library reads it."""
    onset = "".join(map(_value, part.all("DTSTART")))
    if not ONSET.fullmatch(onset):
        raise ValueError
    rules = [_yearly(_value(rest)) for rest in part.all("RRULE")]
    if onset < FIRST_YEAR and onset[4:8] != "0229" and all(rule.interval == 1 for rule in rules):
        onset = FIRST_YEAR + onset[4:] if rules else onset  # else the years are counted from 1601 on, each time anew
    return [
        f"BEGIN:{part.name}",
        f"DTSTART:{onset}",
        *(f"RRULE:{rule.text}{_until(rule)}" for rule in rules),
        *(f"RDATE:{_value(rest)}" for rest in part.all("RDATE")),
        *(f"{name}:{_library_offset(_value(rest))}" for name in OFFSETS for rest in part.all(name)),
        f"END:{part.name}",
    ]


def _yearly(text: str) -> Rule:
    rule = read_rule(text, UTC, UTC)
    if not rule.is_whole or rule.frequency != "YEARLY" or rule.count or ("UNTIL=" in text.upper() and not rule.until):
        raise ValueError
    return rule


def _until(rule: Rule) -> str:
    return f";UNTIL={max(until.wall for until in rule.until):%Y%m%dT%H%M%S}" if rule.until else ""


def _offset(text: str) -> timedelta:
    """An offset as any program writes it: +0200, -400, +02:00, +013945, 2."""
    found = OFFSET.fullmatch(text.replace(":", ""))
    if found is None:
        raise ValueError(text)
    hours, minutes, seconds = (int(found[group] or 0) for group in (2, 3, 4))
    amount = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -amount if found[1] == "-" else amount


def _library_offset(text: str) -> str:
    offset = _offset(text)
    sign, seconds = ("-", -offset) if offset < timedelta(0) else ("+", offset)
    minutes, rest = divmod(int(seconds.total_seconds()), 60)
    return f"{sign}{minutes // 60:02}{minutes % 60:02}{rest:02}"


def _value(rest: str) -> str:
    return rest.partition(":")[2].strip()
