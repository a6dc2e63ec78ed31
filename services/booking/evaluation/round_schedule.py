"""When an evaluation round opens automatically, and until when it stays open. Nothing here reads a database or a clock.

Start when goals are agreed, mid when half of the planned sessions are held and every six months in a long process,
final when the last planned session is held or the process ends.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from services.events.catalogue import Phase
from services.finnish.workdays import at_wall_clock, is_quiet_season, is_working_day, local

MONTHS_BETWEEN = 6
DAYS_TO_ANSWER = 14


class PastRound(NamedTuple):
    """A round that was opened: when, how many sessions had been held, and how many were planned then."""

    phase: Phase
    opened_at: datetime
    held: int
    planned: int
    is_open: bool = False


@dataclass(frozen=True)
class ProcessProgress:
    """How far a process has come."""

    planned: int
    held: int
    closed: bool
    has_goals: bool
    chose_benefits: bool
    rounds: Sequence[PastRound] = ()

    @property
    def wants_evaluation(self) -> bool:
        return self.has_goals or self.chose_benefits


def due_phase(course: ProcessProgress, now: datetime) -> Phase | None:
    """The round that is to be opened now, if any; never more than one at a time, the latest phase first."""
    if not course.wants_evaluation:
        return None
    if course.closed or course.held >= course.planned:
        return Phase.final if _wants_final(course) else None
    if course.has_goals and not any(past.phase is Phase.start for past in course.rounds):
        return Phase.start
    if _is_half_way(course) or _is_long_ago(course, now):
        return Phase.mid
    return None


def _wants_final(course: ProcessProgress) -> bool:
    """An extended process gets a final round again, one that goes a little beyond its plan does not."""
    finals = [past for past in course.rounds if past.phase is Phase.final]
    return course.held > 0 and not any(course.closed or past.planned >= course.planned for past in finals)


def _is_half_way(course: ProcessProgress) -> bool:
    """Not when a round was opened since then or a mid round before: in a long process those follow the calendar."""
    already = any(past.phase is Phase.mid or 2 * past.held >= course.planned for past in course.rounds)
    return 2 * course.held >= course.planned and not already


def _is_long_ago(course: ProcessProgress, now: datetime) -> bool:
    """Six months after the newest round, if sessions were held since; not in a season in which nobody answers."""
    if not course.rounds or any(past.is_open for past in course.rounds):
        return False
    newest = max(course.rounds, key=lambda past: past.opened_at)
    is_long_ago = six_months_after(newest.opened_at) <= now
    return course.held > newest.held and is_long_ago and not is_quiet_season(local(now).date())


def six_months_after(opened_at: datetime) -> datetime:
    """The same day of the month and time of day six months later; 31.8. leads to the last day of February."""
    wall = local(opened_at)
    years, month = divmod(wall.month - 1 + MONTHS_BETWEEN, 12)
    year, month = wall.year + years, month + 1
    day = date(year, month, min(wall.day, monthrange(year, month)[1]))
    return at_wall_clock(day, wall.time())


def default_due_day(opened_at: datetime) -> date:
    """The default due date, a working day: days of the quiet season do not count as time to answer."""
    day, left = local(opened_at).date(), DAYS_TO_ANSWER
    while left:
        day += timedelta(days=1)
        left -= not is_quiet_season(day)
    while is_quiet_season(day) or not is_working_day(day):
        day += timedelta(days=1)
    return day


def end_of_due_day(due: date) -> datetime:
    """The last second of the last day for answers, in Helsinki."""
    return at_wall_clock(due, time(23, 59, 59))


def due_day(due_at: datetime) -> date:
    return local(due_at).date()
