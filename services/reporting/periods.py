"""The periods of reports: whole calendar months, and spans between two days.

A period begins and ends at midnight on the clocks of Helsinki; its report is due at 06.00 the morning after.
"""

import re
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from services.finnish import formatting
from services.finnish.workdays import at_wall_clock, local

DUE_TIME = time(6)


class Cadence(StrEnum):
    """How often a supervisor wants the reports that come by the calendar."""

    monthly = "monthly"
    quarterly = "quarterly"
    half_yearly = "half_yearly"


MONTHS_PER_CADENCE = {Cadence.monthly: 1, Cadence.quarterly: 3, Cadence.half_yearly: 6}


class Period(NamedTuple):
    """From the first day to the last, both included."""

    first: date
    last: date

    @property
    def starts_at(self) -> datetime:
        return at_wall_clock(self.first, time(0))

    @property
    def ends_at(self) -> datetime:
        """The midnight that is no longer in the period."""
        return at_wall_clock(self.last + timedelta(days=1), time(0))

    @property
    def due_at(self) -> datetime:
        return at_wall_clock(self.last + timedelta(days=1), DUE_TIME)

    def covers(self, instant: datetime) -> bool:
        return self.starts_at <= instant < self.ends_at

    @property
    def key(self) -> str:
        """2026-10, 2026-Q4, 2026-H2 or 2026-09-01--2026-11-30: the same for ever, unlike words for people."""
        for cadence, mark in _MARKS.items():
            if self == period_containing(cadence, self.first):
                return f"{self.first.year}-{mark.format(self.first.month, _ordinal(cadence, self.first))}"
        return f"{self.first.isoformat()}--{self.last.isoformat()}"

    @property
    def label(self) -> str:
        """lokakuu 2026, loka–joulukuu 2026, 1.9.–30.11.2026"""
        months = self._months()
        return f"{months}kuu {self.first.year}" if months else formatting.date_range(self.first, self.last)

    @property
    def during(self) -> str:
        """lokakuussa 2026, loka–joulukuussa 2026, jaksolla 1.9.–30.11.2026: for running text"""
        months = self._months()
        return f"{months}kuussa {self.first.year}" if months else f"jaksolla {self.label}"

    def _months(self) -> str | None:
        """The months without their ending, "loka–joulu", where the period is made of whole ones."""
        whole = self.first.day == 1 and (self.last + timedelta(days=1)).day == 1
        if not whole or self.first.year != self.last.year:
            return None
        ends = (formatting.MONTHS[day.month - 1].removesuffix("kuu") for day in (self.first, self.last))
        return formatting.EN_DASH.join(dict.fromkeys(ends))


_MARKS = {Cadence.monthly: "{0:02}", Cadence.quarterly: "Q{1}", Cadence.half_yearly: "H{1}"}
_KEY = re.compile(r"(?P<year>\d{4})-(?:(?P<month>\d{2})|Q(?P<quarter>[1-4])|H(?P<half>[12]))")


def period_containing(cadence: Cadence, day: date) -> Period:
    """The month, quarter or half-year that a day belongs to."""
    months = MONTHS_PER_CADENCE[cadence]
    first = date(day.year, (_ordinal(cadence, day) - 1) * months + 1, 1)
    return Period(first, _month_later(first, months) - timedelta(days=1))


def parse_period(key: str) -> Period:
    """The period of a `key`. Raises ValueError for anything else."""
    if "--" in key:
        first, last = (date.fromisoformat(end) for end in key.split("--"))
        if last < first:
            raise ValueError("A period can't end before it begins.")
        return Period(first, last)
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError("A period is written as 2026-10, 2026-Q4, 2026-H2 or 2026-09-01--2026-11-30.")
    cadence, ordinal = next(
        (cadence, int(found[name]))
        for cadence, name in zip(Cadence, ("month", "quarter", "half"), strict=True)
        if found[name]
    )
    return period_containing(cadence, date(int(found["year"]), (ordinal - 1) * MONTHS_PER_CADENCE[cadence] + 1, 1))


def periods_due_between(cadence: Cadence, after: datetime, until: datetime) -> list[Period]:
    """The periods whose report fell due after one instant and by the other, the oldest first.

    Called from the last time it was asked, it makes up for any downtime.
    """
    period = period_containing(cadence, local(after).date() - timedelta(days=1))
    due: list[Period] = []
    while period.due_at <= until:
        if period.due_at > after:
            due.append(period)
        period = period_containing(cadence, period.last + timedelta(days=1))
    return due


def _ordinal(cadence: Cadence, day: date) -> int:
    return (day.month - 1) // MONTHS_PER_CADENCE[cadence] + 1


def _month_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)
