"""Finnish words of reports: short names of rounds, the supervisor's to-do items, small numbers in their cases."""

from services.events.catalogue import Form, Phase
from services.finnish import formatting
from services.finnish.vocabulary import EVALUATIONS
from services.reporting.contents.documents import ToDoItem, ToDoKind
from services.reporting.models import ReportKind
from services.reporting.periods import Cadence

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
IMPORTANCE = {1: "tärkeä", 2: "hyvin tärkeä", 3: "kaikkein tärkein"}

KINDS = {
    ReportKind.goal_report: "Tavoitearviointi",
    ReportKind.overview_report: "Yleiskatsaus",
    ReportKind.client_report: "Loppuraportti tilaajalle",
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


def name_of(kind: ReportKind, phase: Phase | None) -> str:
    """Tavoitearviointi; at the end of a round by its name: Väliarviointi."""
    return capitalised(EVALUATIONS[phase].nominative) if phase else KINDS[kind]


def number_word(count: int) -> str:
    """kolme"""
    return _number(count, 0)


def number_word_from(count: int) -> str:
    """kolmesta"""
    return _number(count, 1)


def number_word_in(count: int) -> str:
    """kolmessa"""
    return _number(count, 2)


def capitalised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def part_of_whole(part: int, whole: int) -> str:
    """5/10"""
    return f"{part}/{whole}"


def to_do_text(awaiting: ToDoItem) -> str:
    """A to-do item of the supervisor as the subject of a sentence: ”yhteenvedon kirjoittaminen (20.10.2026)”."""
    evaluation = EVALUATIONS[awaiting.phase].nominative if awaiting.phase else "arviointi"
    text = _TO_DO_TEXTS[awaiting.chore].format(round=evaluation, share=part_of_whole(awaiting.done, awaiting.of))
    return f"{text} ({formatting.numeric_date(awaiting.on)})" if awaiting.on else text


_TO_DO_TEXTS = {
    ToDoKind.attendance: "läsnäolon kirjaaminen",
    ToDoKind.summary: "yhteenvedon kirjoittaminen",
    ToDoKind.round: "{round}, johon on vastannut {share}",
    ToDoKind.release: "loppuraportin luovuttaminen tilaajalle",
    ToDoKind.review: "loppuraportti, jonka on nähnyt {share}",
    ToDoKind.goals: "tavoitteiden sopiminen",
    ToDoKind.next_session: "seuraavan tapaamisen sopiminen",
}


def _number(count: int, case: int) -> str:
    return _NUMBERS[count][case] if count < len(_NUMBERS) else formatting.number(count)
