"""What a client report may tell of people's answers, so that no one's own answer can be worked out from it.

The client is taken to know, with every mean and the number of its answers, their exact sum: rounding hides nothing
in a small group. Figures can then be added and subtracted at will. So the people behind all figures about one
question form blocks, the people of a block being those who are in exactly the same figures, and a figure is let out
only if every block keeps at least `minimum` people. Whatever is computed from the figures gives everybody in a block
the same coefficient: if it says something about anybody, it says it about a whole block.

Only who answered decides, never what, so that a missing number tells nothing either.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from services.events.catalogue import Form, Phase

FLOOR = 3
DEFAULT_MINIMUM = 5

# Two groups asked the same within this time are taken to answer the same: who is in both and in one is comparable.
SAME_OCCASION = timedelta(days=183)


class Asked(NamedTuple):
    """A question put in one round: a benefit, or a goal to be rated."""

    question: str
    phase: Phase
    on: date

    def same_as(self, other: "Asked") -> bool:
        same = (self.question, self.phase) == (other.question, other.phase)
        return same and abs(self.on - other.on) < SAME_OCCASION


class Figure(NamedTuple):
    """A number about these people: the mean of one question, or a change from one to another."""

    asked: tuple[Asked, ...]
    people: frozenset[str]


class Mean(NamedTuple):
    value: float
    answers: int


class Withheld(StrEnum):
    """Why a number is not told."""

    too_few = "too_few"
    would_betray = "would_betray"


class Disclosure(NamedTuple):
    """What may be told: by question for a mean, by two questions for a change; and the figures to be remembered."""

    told: dict[tuple[Asked, ...], Mean]
    withheld: dict[tuple[Asked, ...], Withheld]
    figures: tuple[Figure, ...]


def minimum_of(min_group_size: int) -> int:
    """The threshold of a process, which no setting takes under the floor."""
    return max(FLOOR, min_group_size)


def may_tell_benefits(form: Form) -> bool:
    """Of one person alone the client never learns how the benefits were rated, whatever anybody consents to."""
    return form is not Form.individual


def may_tell_goals(form: Form, *, consented: bool) -> bool:
    """Whether the goals are reached is a single person's own matter; a group approves its levels one by one."""
    return form is not Form.individual or consented


def disclose(
    answers: Mapping[Asked, Mapping[str, float]],
    changes: Iterable[tuple[Asked, Asked]],
    released: Sequence[Figure],
    minimum: int,
) -> Disclosure:
    """The means, and the changes of those who answered both times, that may join what was released before."""
    told: dict[tuple[Asked, ...], Mean] = {}
    withheld: dict[tuple[Asked, ...], Withheld] = {}
    figures: list[Figure] = []
    for asked, values in _candidates(answers, changes):
        figure = Figure(asked, frozenset(values))
        reason = _objection(figure, [*released, *figures], minimum_of(minimum))
        if reason is not None:
            withheld[asked] = reason
            continue
        told[asked] = Mean(sum(values.values()) / len(values), len(values))
        figures.append(figure)
    return Disclosure(told, withheld, tuple(figures))


def _candidates(
    answers: Mapping[Asked, Mapping[str, float]], changes: Iterable[tuple[Asked, Asked]]
) -> Iterable[tuple[tuple[Asked, ...], Mapping[str, float]]]:
    """Means first: where both can't be told, where people stand matters more than how far they came."""
    for asked, values in answers.items():
        yield (asked,), values
    for before, after in changes:
        earlier, later = answers.get(before, {}), answers.get(after, {})
        yield (before, after), {person: later[person] - earlier[person] for person in later if person in earlier}


def _objection(figure: Figure, others: Sequence[Figure], minimum: int) -> Withheld | None:
    if len(figure.people) < minimum:
        return Withheld.too_few
    sizes = [size for asked in figure.asked for size in _blocks(asked, [figure, *others])]
    return None if min(sizes) >= minimum else Withheld.would_betray


def _blocks(asked: Asked, figures: Iterable[Figure]) -> Iterable[int]:
    """How many people there are in each block of those who are behind the figures about one question."""
    comparable = [figure.people for figure in figures if any(asked.same_as(other) for other in figure.asked)]
    everybody = frozenset[str]().union(*comparable)
    return Counter(tuple(person in people for people in comparable) for person in everybody).values()
