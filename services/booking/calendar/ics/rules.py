"""Rules of repetition (RFC 5545 §3.3.10, RFC 7529): what of a rule can be read, and the times that follow from it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import islice, takewhile

from dateutil.rrule import rrulestr

from services.booking.calendar.ics.values import DAY, Moment, Unreadable, moment

STEPS = {
    "YEARLY": None,
    "MONTHLY": None,
    "WEEKLY": timedelta(weeks=1),
    "DAILY": DAY,
    "HOURLY": timedelta(hours=1),
    "MINUTELY": timedelta(minutes=1),
    "SECONDLY": timedelta(seconds=1),
}
"""How long a step is, if every step is as long as the others."""
NUMBERS = {
    "BYMONTH": range(1, 13),
    "BYMONTHDAY": range(-31, 32),
    "BYYEARDAY": range(-366, 367),
    "BYWEEKNO": range(-53, 54),
    "BYSETPOS": range(-366, 367),
    "BYHOUR": range(24),
    "BYMINUTE": range(60),
    "BYSECOND": range(60),
}
COUNTED_FROM_NOUGHT = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
WEEKDAY = re.compile(r"(?:[+-]?[1-9]\d?)?(?:MO|TU|WE|TH|FR|SA|SU)")
LATEST = datetime(9999, 12, 31)  # noqa: DTZ001 -- on any wall
LAST_SURE_DAY = 28
"""Every month has it; RFC 7529 says what becomes of the days after it."""


@dataclass(frozen=True)
class Rule:
    frequency: str
    interval: int = 1
    count: int | None = None
    #: several, if it can be meant in more than one way
    until: tuple[Moment, ...] = ()
    choice: Mapping[str, str] = field(default_factory=dict)
    skip: str = "OMIT"
    is_whole: bool = True

    def last(self, start: Moment) -> datetime:
        """On the clocks on which the series begins."""
        return max((_last(until, start) for until in self.until), default=LATEST)

    def times(self, start: Moment, first: datetime, last: datetime) -> Iterator[datetime]:
        """Times on the wall up to the last one; those before the first may be left out."""
        begin, count = self._near(start.wall, first)
        end = min(last, self.last(start))
        return takewhile(lambda one: one <= end, islice(self._every(begin), count))

    def _near(self, begin: datetime, first: datetime) -> tuple[datetime, int | None]:
        """Years of steps before the first that matters are skipped, and counted."""
        step = STEPS[self.frequency]
        if step is None or begin >= first or (self.count is not None and self.choice):
            return begin, self.count
        skipped = (first - begin) // (step * self.interval)
        count = None if self.count is None else max(self.count - skipped, 0)
        return begin + skipped * self.interval * step, count

    def _every(self, begin: datetime) -> Iterator[datetime]:
        wanted = self._wanted_day(begin)
        if self.skip == "OMIT" or wanted <= LAST_SURE_DAY:
            return iter(rrulestr(self.text, dtstart=begin))
        days = ",".join(str(day) for day in range(LAST_SURE_DAY, wanted + 1))
        month = {} if self.frequency == "MONTHLY" else {"BYMONTH": str(begin.month)}
        nearest = replace(self, choice={**month, **self.choice, "BYMONTHDAY": days, "BYSETPOS": "-1"})
        forward = DAY if self.skip == "FORWARD" else timedelta(0)
        return (one if one.day == wanted else one + forward for one in rrulestr(nearest.text, dtstart=begin))

    def _wanted_day(self, begin: datetime) -> int:
        """The day of the month that a month may lack."""
        if self.frequency not in ("MONTHLY", "YEARLY") or self.choice.keys() - {"BYMONTH", "BYMONTHDAY", "WKST"}:
            return 0
        days = self.choice.get("BYMONTHDAY", str(begin.day))
        return int(days) if days.isdigit() else 0

    @property
    def text(self) -> str:
        """Without count and end: beside a choice of days the library does not look at them at every step."""
        parts = {"FREQ": self.frequency, "INTERVAL": str(self.interval), **self.choice}
        return ";".join(f"{name}={value}" for name, value in parts.items())


def read_rule(text: str, zone: tzinfo, days_in: tzinfo) -> Rule:
    """What can be read of a rule. A broken end is none; if the choice of days is broken, the rule is not whole."""
    parts, odd = _parts(text)
    frequency = parts.pop("FREQ", "")
    if frequency not in STEPS or parts.pop("RSCALE", "GREGORIAN") not in ("GREGORIAN", "GREGORY"):
        raise Unreadable(text)
    interval, count, until, skip = (parts.pop(name, "") for name in ("INTERVAL", "COUNT", "UNTIL", "SKIP"))
    choice = {name: _choice(name, value) for name, value in parts.items()}
    odd |= bool(count and interval and not _positive(interval))  # as many, but in another time
    skips = skip in ("BACKWARD", "FORWARD")
    rule = Rule(
        frequency,
        interval=_positive(interval) or 1,
        count=_positive(count),
        until=_until(until, zone, days_in),
        choice={name: value for name, value in choice.items() if value},
        skip=skip if skips else "OMIT",
        is_whole=not odd and choice == parts and not (skips and _is_manifold(choice)),
    )
    try:
        rrulestr(rule.text, dtstart=datetime(2000, 1, 1))  # noqa: DTZ001 -- on any wall
    except ValueError as error:
        raise Unreadable(text) from error
    return rule


def _last(until: Moment, start: Moment) -> datetime:
    """A day is meant with all its hours, and a time at the end of a series of days is the midnight of some zone."""
    if until.is_day:
        return until.wall if start.is_day else until.wall + DAY - timedelta(seconds=1)
    if not start.is_day:
        return until.on_clocks_of(start.zone)
    if until.zone is UTC and until.wall.time() < time(23, 59):
        return datetime.combine(until.wall + DAY / 2, time.min)
    return until.wall


def _parts(text: str) -> tuple[dict[str, str], bool]:
    """Name and value of each part that has both, and whether a part was neither whole nor empty."""
    parts: dict[str, str] = {}
    odd = False
    for part in "".join(text.split()).upper().split(";"):
        name, equals, value = part.partition("=")
        odd |= (bool(part) and not equals) or parts.get(name, value) != value
        if value:
            parts[name] = value
    return parts, odd


def _choice(name: str, value: str) -> str:
    return ",".join(one for one in value.split(",") if _may_be_chosen(name, one))


def _may_be_chosen(name: str, value: str) -> bool:
    if name in ("BYDAY", "WKST"):
        return bool(WEEKDAY.fullmatch(value)) and (name == "BYDAY" or len(value) == 2)
    if name not in NUMBERS or not re.fullmatch(r"[+-]?\d{1,3}", value):
        return False
    return int(value) in NUMBERS[name] and (int(value) != 0 or name in COUNTED_FROM_NOUGHT)


def _positive(text: str) -> int | None:
    return int(text) or None if re.fullmatch(r"\d{1,5}", text) else None


def _until(text: str, zone: tzinfo, days_in: tzinfo) -> tuple[Moment, ...]:
    """Without a Z it is meant on the clocks of the series, or the Z was forgotten (RFC 5545 §3.3.10 asks for one)."""
    try:
        return tuple({moment(text, lambda: zone, days_in), moment(text, lambda: UTC, days_in)})
    except Unreadable:
        return ()


def _is_manifold(choice: Mapping[str, str]) -> bool:
    """Where several days or months may be lacking, what replaces them is not worked out here."""
    return any("," in choice.get(name, "") for name in ("BYMONTH", "BYMONTHDAY"))
