"""Which figures a client report may show, so that no one's own answer can be worked out from them.

The client is taken to know, with every mean and the number of its answers, their exact sum: rounding hides nothing
in a small group. Figures can then be added and subtracted at will. So the people behind all figures about one
question form blocks, the people of a block being those who are in exactly the same figures, and a figure is let out
only if every block keeps at least `minimum` people. Whatever is computed from the figures gives everybody in a block
the same coefficient: if it says something about anybody, it says it about a whole block.

Only who answered decides, never what they answered, so that a withheld figure reveals nothing either.

A client may enter people who don't exist and knows what they answer. So only those count who were recorded present, by
the supervisor, at half of the held meetings or more; the answers of the others are in a figure, but hide nobody. It is
half of all that were held, also for who joined late: whom a client has join for the last meeting hides nobody. As long
as no meeting was held nobody counts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from services.events.catalogue import Form, Phase

LOWEST_MINIMUM = 3
DEFAULT_MINIMUM = 5

# Two groups asked the same within this time are taken to answer the same: who is in both and in one is comparable.
SAME_OCCASION = timedelta(days=183)


class AskedQuestion(NamedTuple):
    """A question put in one round: a benefit, or a goal to be rated."""

    question: str
    phase: Phase
    on: date

    def same_as(self, other: "AskedQuestion") -> bool:
        same = (self.question, self.phase) == (other.question, other.phase)
        return same and abs(self.on - other.on) < SAME_OCCASION


class Figure(NamedTuple):
    """A number about these people: the mean of one question, or a change from one to another."""

    asked: tuple[AskedQuestion, ...]
    people: frozenset[str]


class Mean(NamedTuple):
    value: float
    answers: int


class Withheld(StrEnum):
    """Why a figure is withheld."""

    too_few = "too_few"
    would_betray = "would_betray"


class Disclosure(NamedTuple):
    """What may be shown: by question for a mean, by two questions for a change; and the figures to store on release."""

    means: dict[tuple[AskedQuestion, ...], Mean]
    withheld: dict[tuple[AskedQuestion, ...], Withheld]
    figures: tuple[Figure, ...]


def effective_minimum(min_group_size: int) -> int:
    """The threshold of a process, which no setting takes under the floor."""
    return max(LOWEST_MINIMUM, min_group_size)


def may_show_benefits(form: Form) -> bool:
    """Of one person alone the client never learns how the benefits were rated, whatever anybody consents to."""
    return form is not Form.individual


def may_show_goals(form: Form, *, consented: bool) -> bool:
    """Whether the goals are reached is a single person's own matter; a group approves its levels one by one."""
    return form is not Form.individual or consented


def disclose(
    answers: Mapping[AskedQuestion, Mapping[str, float]],
    changes: Iterable[tuple[AskedQuestion, AskedQuestion]],
    released: Sequence[Figure],
    minimum: int,
    uncounted: frozenset[str] = frozenset(),
) -> Disclosure:
    """The means, and the changes of those who answered both times, that may join what was released before.

    `uncounted` are people who answered and were seldom or never seen.
    """
    means: dict[tuple[AskedQuestion, ...], Mean] = {}
    withheld: dict[tuple[AskedQuestion, ...], Withheld] = {}
    figures: list[Figure] = []
    for asked, values in _candidates(answers, changes):
        figure = Figure(asked, frozenset(values))
        reason = _objection(figure, [*released, *figures], effective_minimum(minimum), uncounted)
        if reason is not None:
            withheld[asked] = reason
            continue
        means[asked] = Mean(sum(values.values()) / len(values), len(values))
        figures.append(figure)
    return Disclosure(means, withheld, tuple(figures))


def _candidates(
    answers: Mapping[AskedQuestion, Mapping[str, float]], changes: Iterable[tuple[AskedQuestion, AskedQuestion]]
) -> Iterable[tuple[tuple[AskedQuestion, ...], Mapping[str, float]]]:
    """Means first: where both can't be shown, where people stand matters more than how far they came."""
    for asked, values in answers.items():
        yield (asked,), values
    for before, after in changes:
        earlier, later = answers.get(before, {}), answers.get(after, {})
        yield (before, after), {person: later[person] - earlier[person] for person in later if person in earlier}


def _objection(figure: Figure, others: Sequence[Figure], minimum: int, uncounted: frozenset[str]) -> Withheld | None:
    if len(figure.people - uncounted) < minimum:
        return Withheld.too_few
    sizes = [size for asked in figure.asked for size in _blocks(asked, [figure, *others], uncounted)]
    return None if min(sizes) >= minimum else Withheld.would_betray


def _blocks(asked: AskedQuestion, figures: Iterable[Figure], uncounted: frozenset[str]) -> Iterable[int]:
    """How many people count in each block of those who are behind the figures about one question."""
    comparable = [figure.people for figure in figures if any(asked.same_as(other) for other in figure.asked)]
    sizes = Counter[tuple[bool, ...]]()
    for person in frozenset[str]().union(*comparable):
        sizes[tuple(person in people for people in comparable)] += person not in uncounted
    return sizes.values()
