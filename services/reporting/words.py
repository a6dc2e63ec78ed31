"""The words of reports alone: short names of rounds, what a supervisor is waited for, small numbers in their cases."""

from services import finnish
from services.events.catalogue import Form, Phase
from services.reporting.documents import Awaiting, Chore
from services.reporting.models import Kind
from services.reporting.periods import Cadence
from services.vocabulary import EVALUATIONS

SHORT_ROUNDS = {Phase.start: "alku", Phase.mid: "väli", Phase.final: "loppu"}
SHORT_FORMS = {
    Form.individual: "yksilö",
    Form.pair: "työpari",
    Form.team: "tiimi",
    Form.group: "ryhmä",
    Form.community: "työyhteisö",
}
MEETING_STATUS = {"booked": "varattu", "held": "pidetty", "cancelled": "peruttu"}
CLIENT_STATUS = {"draft": "luonnos", "released": "luovutettu", "withdrawn": "peruttu, ei enää voimassa"}
IMPORTANCE = {1: "tavallinen", 2: "tärkeä", 3: "erittäin tärkeä"}

KINDS = {
    Kind.goal_report: "Tavoitearviointi",
    Kind.overview_report: "Yleiskatsaus",
    Kind.client_report: "Loppuraportti tilaajalle",
}
CADENCES = {
    Cadence.monthly: "Kuukausittain",
    Cadence.quarterly: "Neljännesvuosittain",
    Cadence.half_yearly: "Puolivuosittain",
}

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


def name_of(kind: Kind, phase: Phase | None) -> str:
    """Tavoitearviointi; at the end of a round by its name: Väliarviointi."""
    return capitalised(EVALUATIONS[phase].nominative) if phase else KINDS[kind]


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
    """What waits for the supervisor, as the subject of a sentence: ”yhteenvedon kirjoittaminen (20.10.2026)”."""
    evaluation = EVALUATIONS[awaiting.phase].nominative if awaiting.phase else "arviointi"
    told = _CHORES[awaiting.chore].format(round=evaluation, share=share(awaiting.done, awaiting.of))
    return f"{told} ({finnish.numeric_date(awaiting.on)})" if awaiting.on else told


_CHORES = {
    Chore.attendance: "läsnäolon kirjaaminen",
    Chore.summary: "yhteenvedon kirjoittaminen",
    Chore.round: "{round}, johon on vastannut {share}",
    Chore.release: "loppuraportin luovuttaminen tilaajalle",
    Chore.review: "loppuraportti, jonka on nähnyt {share}",
    Chore.goals: "tavoitteiden sopiminen",
    Chore.next_session: "seuraavan tapaamisen sopiminen",
}


def _number(count: int, case: int) -> str:
    return _NUMBERS[count][case] if count < len(_NUMBERS) else finnish.number(count)
