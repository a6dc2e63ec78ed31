"""The values that say when something is: days, times, durations, and the zone and kind that stand beside them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

DAY = timedelta(days=1)
MOMENT = re.compile(
    r"(?P<date>\d{4}-?\d\d-?\d\d)(?:[T ](?P<clock>\d\d:?\d\d(?::?\d\d)?)(?:\.\d+)?(?P<offset>Z|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
DURATION = re.compile(
    r"\+?P(?=[\dT])(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?",
    re.IGNORECASE,
)
BEGINS_LIKE_ONE = re.compile(r"\s*(?:\d{4}-?\d\d-?\d\d|[+-]?P[\dT])", re.IGNORECASE)
PARAMETER = re.compile(r";\s*([\w-]+)\s*=([^;]*)")
WHOLE_PARAMETER = re.compile(r';\s*([\w-]+)\s*=\s*((?:"[^"]*"|[^";:])*)')
HARMLESS = frozenset({"TZID", "VALUE", "RANGE", "FBTYPE", "CHARSET", "ENCODING", "LANGUAGE"})
KINDS = frozenset({"", "DATE", "DATE-TIME", "PERIOD", "DURATION", "RECUR"})
LONGEST_ZONE = 300


class Unreadable(ValueError):
    """A value is not what belongs in its place."""


class Moment(NamedTuple):
    """A day, or a time on the clocks of a zone."""

    wall: datetime
    zone: tzinfo
    is_day: bool = False

    @property
    def instant(self) -> datetime:
        return instant(self.wall, self.zone)

    def on_clocks_of(self, zone: tzinfo) -> datetime:
        """A day is the same day everywhere."""
        if self.is_day or zone is self.zone:
            return self.wall
        return self.instant.astimezone(zone).replace(tzinfo=None)


class Length(NamedTuple):
    """Time by the clock on the wall, which now and then leaps by an hour, and then exact time (RFC 5545 §3.3.6)."""

    nominal: timedelta = timedelta(0)
    exact: timedelta = timedelta(0)

    def end(self, wall: datetime, zone: tzinfo) -> datetime:
        return later(instant(later(wall, self.nominal), zone), self.exact)


class Value(NamedTuple):
    """A value with the parameters that say how it is meant. Not plain are those that hold something else."""

    text: str
    zone: str = ""
    kind: str = ""
    reaches: str = ""
    is_plain: bool = True

    @property
    def parts(self) -> list[str]:
        """The values of a list; an empty one is nothing."""
        return [part.strip() for part in self.text.split(",") if part.strip()]


def value_of(rest: str) -> Value:
    """The value begins where something like one begins: names of zones hold colons, in quotes or not."""
    first = colon = rest.find(":")
    while colon >= 0 and not BEGINS_LIKE_ONE.match(rest, colon + 1):
        colon = rest.find(":", colon + 1, LONGEST_ZONE)
    colon = first if colon < 0 else colon
    before = rest[: max(colon, 0)].replace('"', "")
    given = {found[1].upper(): found[2].strip() for found in PARAMETER.finditer(before)}
    strange = [name for name in given if name not in HARMLESS and not name.startswith("X-")]
    kind = given.get("VALUE", "").upper()
    return Value(
        rest[colon + 1 :].strip(),
        zone=given.get("TZID", ""),
        kind=kind,
        reaches=given.get("RANGE", "").upper(),
        is_plain=not strange and kind in KINDS and not PARAMETER.sub("", before).strip(" ;"),
    )


def parameters(rest: str) -> tuple[dict[str, str], str]:
    """The parameters of a property by their names, and what comes after them. What is in quotes is one value."""
    given: dict[str, str] = {}
    at = 0
    while found := WHOLE_PARAMETER.match(rest, at):
        given[found[1].upper()] = found[2].strip().strip('"').upper()
        at = found.end()
    return given, rest[at:]


def text_of(rest: str) -> str:
    """The value of a property that has no need of parameters."""
    return rest.partition(":")[2].strip()


def moment(text: str, zone: Callable[[], tzinfo], days_in: tzinfo, kind: str = "") -> Moment:
    """A moment whose own Z or offset outranks its zone. Midnight that is called a date is the day."""
    found = MOMENT.fullmatch(text)
    if found is None:
        raise Unreadable(text)
    day, clock, offset = found["date"].replace("-", ""), (found["clock"] or "").replace(":", ""), found["offset"]
    try:
        wall = datetime(int(day[:4]), int(day[4:6]), int(day[6:]))  # noqa: DTZ001 -- its zone stands beside it
        if not clock or (kind == "DATE" and not clock.strip("0")):
            return Moment(wall, days_in, is_day=True)
        return Moment(wall + _since_midnight(clock), _own_zone(offset) if offset else zone())
    except (ValueError, OverflowError) as error:
        raise Unreadable(text) from error


def _since_midnight(clock: str) -> timedelta:
    """The second 60 is a leap second."""
    hours, minutes, seconds = int(clock[:2]), int(clock[2:4]), int(clock[4:] or 0)
    if minutes > 59 or seconds > 60 or timedelta(hours=hours, minutes=minutes) > DAY:
        raise Unreadable(clock)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _own_zone(offset: str) -> tzinfo:
    if offset in "Zz":
        return UTC
    digits = offset[1:].replace(":", "")
    amount = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-amount if offset[0] == "-" else amount)


def duration(text: str) -> Length:
    found = DURATION.fullmatch("".join(text.split()))
    if found is None:
        raise Unreadable(text)
    weeks, days, hours, minutes, seconds = (int(amount or 0) for amount in found.groups())
    return Length(timedelta(weeks=weeks, days=days), timedelta(hours=hours, minutes=minutes, seconds=seconds))


def instant(wall: datetime, zone: tzinfo) -> datetime:
    """A time that the spring night leaves out moves with the clocks; of two in the autumn night the first is meant."""
    try:
        return wall.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:  # in the first or last hours that can be told
        return wall.replace(tzinfo=UTC)


def later(moment: datetime, length: timedelta) -> datetime:
    """Or earlier; no further than the calendar reaches."""
    try:
        return moment + length
    except OverflowError:
        edge = datetime.max if length > timedelta(0) else datetime.min  # noqa: DTZ901
        return edge.replace(tzinfo=moment.tzinfo)
