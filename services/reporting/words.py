"""The words of reports alone: short names of rounds, what a supervisor is waited for, small numbers in their cases."""

from services import finnish
from services.events.catalogue import Phase
from services.reporting.documents import Awaiting, Chore
from services.vocabulary import EVALUATIONS

SHORT_ROUNDS = {Phase.start: "alku", Phase.mid: "väli", Phase.final: "loppu"}
IMPORTANCE = {1: "tavallinen", 2: "tärkeä", 3: "erittäin tärkeä"}

_NUMBERS = (
    ("nolla", "nollasta", "nollassa"),
    ("yksi", "yhdestä", "yhdessä"),
    ("kaksi", "kahdesta", "kahdessa"),
    ("kolme", "kolmesta", "kolmessa"),
    ("neljä", "neljästä", "neljässä"),
    ("viisi", "viidestä", "viidessä"),
    ("kuusi", "kuudesta", "kuudessa"),
    ("seitsemän", "seitsemästä", "seitsemässä"),
    ("kahdeksan", "kahdeksasta", "kahdeksassa"),
    ("yhdeksän", "yhdeksästä", "yhdeksässä"),
    ("kymmenen", "kymmenestä", "kymmenessä"),
)


def number_word(count: int) -> str:
    """kolme"""
    return _number(count, 0)


def out_of(count: int) -> str:
    """kolmesta"""
    return _number(count, 1)


def in_so_many(count: int) -> str:
    """kolmessa"""
    return _number(count, 2)


def capitalised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def share(part: int, whole: int) -> str:
    """5/10"""
    return f"{part}/{whole}"


def chore(awaiting: Awaiting) -> str:
    """What waits for the supervisor, as part of a sentence: ”yhteenveto kirjoittamatta (27.10.2026)”."""
    told = _CHORES[awaiting.chore].format(
        round=EVALUATIONS[awaiting.phase].genitive if awaiting.phase else "arvioinnin",
        share=share(awaiting.done, awaiting.of),
    )
    return f"{told} ({finnish.numeric_date(awaiting.on)})" if awaiting.on else told


_CHORES = {
    Chore.attendance: "läsnäolo kirjaamatta",
    Chore.summary: "yhteenveto kirjoittamatta",
    Chore.round: "{round} vastauksia {share}",
    Chore.release: "tilaajan loppuraportti luovuttamatta",
    Chore.review: "tilaajan loppuraportin nähnyt {share}",
    Chore.goals: "tavoitteet sopimatta",
    Chore.next_session: "seuraava tapaaminen sopimatta",
}


def _number(count: int, case: int) -> str:
    return _NUMBERS[count][case] if count < len(_NUMBERS) else finnish.number(count)
