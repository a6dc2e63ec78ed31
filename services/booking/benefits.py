"""What supervision may be good for, as the statements that participants rate from 1 to 5."""

from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from services.events.catalogue import Form
from services.web.validation import Wrong

MOST_A_PROCESS = 5


class Benefit(NamedTuple):
    """A benefit's name, the statement that is rated, and whether one person alone can rate it."""

    label: str
    statement: str
    alone: bool = True


BENEFITS = {
    "goal_clarity": Benefit(
        "Yhteisten tavoitteiden selkeys", "Työyhteisömme yhteiset tavoitteet ovat minulle selkeät.", alone=False
    ),
    "role_clarity": Benefit("Tehtävien ja roolien selkeys", "Tehtävät ja vastuut on jaettu työssäni selkeästi."),
    "workflow": Benefit("Työn sujuvuus", "Työ sujuu arjessa hyvin."),
    "change_capacity": Benefit("Muutoskyky", "Pystymme mukautumaan työn muutoksiin.", alone=False),
    "learning": Benefit("Ammatillinen oppiminen", "Opin työssäni uutta."),
    "leadership": Benefit("Johtaminen ja esihenkilötyö", "Johtaminen tukee työntekoani."),
    "cooperation": Benefit("Yhteistyö", "Yhteistyö toimii työyhteisössämme.", alone=False),
    "productivity": Benefit("Tuottavuus ja kilpailukyky", "Saamme aikaan tärkeimmiksi sopimamme asiat.", alone=False),
    "work_quality": Benefit("Työn laatu ja tehokkuus", "Pystyn tekemään työni laadukkaasti."),
    "customer_satisfaction": Benefit("Asiakastyytyväisyys", "Asiakkaamme ovat tyytyväisiä työhömme.", alone=False),
    "professional_identity": Benefit("Ammatillinen identiteetti", "Luotan ammatilliseen osaamiseeni."),
    "coping_at_work": Benefit("Työssä jaksaminen", "Jaksan työssäni hyvin."),
    "peer_learning": Benefit("Oppiminen muilta", "Opin työssäni muiden kokemuksista."),
    "work_climate": Benefit("Työyhteisön ilmapiiri", "Työyhteisömme ilmapiiri on hyvä.", alone=False),
    "core_task_clarity": Benefit("Perustehtävän selkeys", "Työni perustehtävä on minulle selkeä."),
    "quality_criteria": Benefit(
        "Yhteiset laatuvaatimukset", "Olemme sopineet yhdessä, millaista on hyvin tehty työ.", alone=False
    ),
    "multiprofessional_work": Benefit(
        "Moniammatillinen yhteistyö", "Yhteistyö eri ammattiryhmien kesken toimii.", alone=False
    ),
}


def known(benefit: str) -> str:
    if benefit not in BENEFITS:
        raise Wrong("Tällaista hyötyä ei ole.", "There is no such benefit.")
    return benefit


def each_once(benefits: list[str]) -> list[str]:
    if len(set(benefits)) < len(benefits):
        raise Wrong("Sama hyöty on mainittu kahdesti.", "A benefit is named twice.")
    return benefits


BenefitId = Annotated[str, AfterValidator(known)]
Benefits = Annotated[list[BenefitId], Field(max_length=MOST_A_PROCESS), AfterValidator(each_once)]

USUAL_ALONE = ("role_clarity", "workflow", "learning", "professional_identity", "core_task_clarity")
USUAL_TOGETHER = ("goal_clarity", "role_clarity", "workflow", "learning", "cooperation")
"""Asked where nobody chose; how people cope is not among them, because it comes close to their health."""


def offered(form: Form) -> list[str]:
    """The benefits to choose from; of one person alone not those that take others to rate."""
    return [id_ for id_, benefit in BENEFITS.items() if benefit.alone or form is not Form.individual]


def asked(form: Form, chosen: Sequence[str], of_goals: Iterable[str]) -> list[str]:
    """Those that were chosen, else those that the goals are about, else the usual ones."""
    if chosen:
        return list(chosen)[:MOST_A_PROCESS]
    fitting = [id_ for id_ in dict.fromkeys(of_goals) if id_ in offered(form)]
    usual = USUAL_ALONE if form is Form.individual else USUAL_TOGETHER
    return fitting[:MOST_A_PROCESS] or list(usual)
