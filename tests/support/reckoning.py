"""What the reports of the demo's story must say, reckoned from what its people did, by nothing that reporting uses."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from services.events.catalogue import Phase
from services.quickstart.demo.people import Case

Json = dict[str, Any]
HELSINKI = ZoneInfo("Europe/Helsinki")


def day(instant: str) -> date:
    return datetime.fromisoformat(instant).astimezone(HELSINKI).date()


def finnish(value: float | Fraction, decimals: int = 0, *, signed: bool = False) -> str:
    exact = Fraction(value).limit_denominator(10**9)
    rounded = (Decimal(exact.numerator) / exact.denominator).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    sign = "−" if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded)}".replace(".", ",")


def finnish_day(of: date) -> str:
    return f"{of.day}.{of.month}.{of.year}"


def mean(values: Sequence[int]) -> Fraction:
    return Fraction(sum(values), len(values))


def t_score(levels: Sequence[Fraction], weights: Sequence[int]) -> float:
    weighted = sum(weight * level for weight, level in zip(weights, levels, strict=True))
    spread = 0.7 * sum(weight**2 for weight in weights) + 0.3 * sum(weights) ** 2
    return 50 + 10 * float(weighted) / math.sqrt(spread)


@dataclass(frozen=True)
class Rated:
    level: Fraction
    answers: int
    agreed: bool

    @property
    def averaged(self) -> bool:
        return self.answers > 1 and not self.agreed

    @property
    def described(self) -> int:
        """The level whose words fit best, halfway the lower one."""
        below = math.floor(self.level)
        return below if self.level - below <= Fraction(1, 2) else below + 1

    @property
    def text(self) -> str:
        return finnish(self.level, 1 if self.averaged else 0, signed=True)


@dataclass(frozen=True)
class Course:
    """A process as booking knows it, beside what its people were to do."""

    case: Case
    process: Json
    sessions: Sequence[Json]
    rounds: Sequence[Json]

    @property
    def code(self) -> str:
        return str(self.process["code"])

    # -- meetings -----------------------------------------------------------------------------------------

    @property
    def held(self) -> list[date]:
        return [day(session["starts_at"]) for session in self.sessions if session["status"] == "held"]

    @property
    def cancelled(self) -> list[date]:
        return [day(session["starts_at"]) for session in self.sessions if session["status"] == "cancelled"]

    def away(self, number: int, *, excused: bool) -> int:
        return sum((each.meeting, each.excused) == (number + 1, excused) for each in self.case.absences)

    def attendance(self, first: date, last: date) -> tuple[int, int, int]:
        numbers = [number for number, on in enumerate(self.held) if first <= on <= last]
        excused = sum(self.away(number, excused=True) for number in numbers)
        no_shows = sum(self.away(number, excused=False) for number in numbers)
        return len(numbers) * len(self.case.people) - excused - no_shows, excused, no_shows

    def open_actions(self, until: date) -> list[tuple[str, date, date]]:
        """What was agreed and when, until when; at each meeting the oldest but one has been done."""
        left: list[tuple[str, date, date]] = []
        for summary, on in zip(self.case.summaries, self.held, strict=False):
            if on > until:
                break
            if len(left) > 1:
                left.pop(0)
            left += [(text, on, on + timedelta(days=14)) for text in summary.actions]
        return left

    # -- answers ------------------------------------------------------------------------------------------

    def answered_on(self, phase: Phase) -> date | None:
        found = [one for one in self.rounds if one["phase"] == phase]
        if not found:
            return None
        return day(found[0]["closed_at"]) if found[0]["closed_at"] else day(found[0]["opened_at"]) + timedelta(days=2)

    def phases(self, last: date) -> list[Phase]:
        days = {phase: self.answered_on(phase) for phase in Phase}
        return [phase for phase, on in days.items() if on is not None and on <= last]

    def responses(self, last: date) -> list[tuple[str, int, int]]:
        """Of each round that was open by then: how many had answered, of how many."""
        answered = self.phases(last)
        return [
            (
                str(one["phase"]),
                sum(said is not None for said in self.case.rounds[Phase(one["phase"])]) * (one["phase"] in answered),
                len(self.case.people),
            )
            for one in self.rounds
            if day(one["opened_at"]) <= last
        ]

    def rated(self, goal: int, phase: Phase) -> Rated | None:
        agreed = dict(enumerate(self.case.agreed.get(phase, ()))).get(goal)
        if agreed is not None:
            return Rated(Fraction(agreed), 1, agreed=True)
        said = [answer.levels[goal] for answer in self.case.rounds[phase] if answer and answer.levels]
        levels = [level for level in said if level is not None]
        return Rated(mean(levels), len(levels), agreed=False) if levels else None

    def newest(self, goal: int, last: date) -> Rated | None:
        ratings = [self.rated(goal, phase) for phase in self.phases(last)]
        return next((rated for rated in reversed(ratings) if rated), None)

    def t_scores(self, last: date) -> tuple[float, float, int] | None:
        """Before, now, and over how many goals."""
        pairs = [(goal, self.newest(number, last)) for number, goal in enumerate(self.case.goals)]
        scored = [(goal, rated) for goal, rated in pairs if rated]
        if not scored or last < self.held[0]:
            return None
        weights = [goal.importance for goal, _ in scored]
        before = t_score([Fraction(goal.baseline) for goal, _ in scored], weights)
        return before, t_score([rated.level for _, rated in scored], weights), len(scored)

    def met(self, last: date) -> int:
        levels = [self.newest(number, last) for number in range(len(self.case.goals))]
        return sum(rated is not None and rated.level >= 0 for rated in levels)

    @property
    def benefits(self) -> list[str]:
        return list(self.rounds[0]["benefits"]) if self.rounds else []

    def agreement(self, benefit: str, phase: Phase) -> dict[int, int]:
        """Who said what; who can't say is not in it."""
        index = self.benefits.index(benefit)
        said = enumerate(self.case.rounds[phase])
        return {person: value for person, a in said if a and (value := a.benefits[index]) is not None}

    def benefit_change(self, benefit: str, phases: Sequence[Phase]) -> tuple[Fraction, int] | None:
        if len(phases) < 2:
            return None
        before, after = self.agreement(benefit, phases[0]), self.agreement(benefit, phases[-1])
        steps = [after[person] - before[person] for person in after if person in before]
        return mean(steps), len(steps)

    # -- when there is something to tell ------------------------------------------------------------------

    def days_on_which_something_happened(self) -> set[date]:
        """That a process was opened is nothing to report."""
        instants = [self.process["closed_at"]]
        instants += [one[name] for one in self.rounds for name in ("opened_at", "closed_at")]
        answered = {on for phase in self.case.rounds if (on := self.answered_on(phase))}
        return answered | {day(i) for i in instants if i} | {day(each["starts_at"]) for each in self.sessions}

    def eventful_months(self, now: datetime) -> list[tuple[date, date]]:
        """Those whose report is due, at six in the morning after the last day, from their first day to their last."""
        morning = (now.astimezone(HELSINKI) - timedelta(hours=6)).date()
        firsts = sorted({on.replace(day=1) for on in self.days_on_which_something_happened()})
        return [(first, last) for first in firsts if (last := end_of_month(first)) < morning]


def end_of_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def all_months(courses: Iterable[Course], now: datetime) -> list[tuple[date, date]]:
    return sorted({month for course in courses for month in course.eventful_months(now)})
