"""Benefits of supervision, as statements that participants rate from 1 to 5."""

from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from services.events.catalogue import Form
from services.finnish.vocabulary import BENEFIT_LABELS
from services.web.errors.validation import WrongValue

MAX_BENEFITS = 5


class Benefit(NamedTuple):
    """A benefit's name, the statement that is rated, and whether it suits individual supervision."""

    label: str
    statement: str
    alone: bool


BENEFIT_STATEMENTS = {
    "goal_clarity": "Työyhteisömme yhteiset tavoitteet ovat minulle selkeät.",
    "role_clarity": "Tehtävät ja vastuut on jaettu työssäni selkeästi.",
    "workflow": "Työ sujuu arjessa hyvin.",
    "change_capacity": "Pystymme mukautumaan työn muutoksiin.",
    "learning": "Opin työssäni uutta.",
    "leadership": "Johtaminen tukee työntekoani.",
    "cooperation": "Yhteistyö toimii työyhteisössämme.",
    "productivity": "Saamme aikaan tärkeimmiksi sopimamme asiat.",
    "work_quality": "Pystyn tekemään työni laadukkaasti.",
    "customer_satisfaction": "Asiakkaamme ovat tyytyväisiä työhömme.",
    "professional_identity": "Luotan ammatilliseen osaamiseeni.",
    "coping_at_work": "Jaksan työssäni hyvin.",
    "peer_learning": "Opin työssäni muiden kokemuksista.",
    "work_climate": "Työyhteisömme ilmapiiri on hyvä.",
    "core_task_clarity": "Työni perustehtävä on minulle selkeä.",
    "quality_criteria": "Olemme sopineet yhdessä, millaista on hyvin tehty työ.",
    "multiprofessional_work": "Yhteistyö eri ammattiryhmien kesken toimii.",
}

GROUP_ONLY_BENEFITS = {
    "goal_clarity",
    "change_capacity",
    "cooperation",
    "productivity",
    "customer_satisfaction",
    "work_climate",
    "quality_criteria",
    "multiprofessional_work",
}
"""What a single participant can't rate."""

BENEFITS = {
    id_: Benefit(BENEFIT_LABELS[id_], statement, id_ not in GROUP_ONLY_BENEFITS)
    for id_, statement in BENEFIT_STATEMENTS.items()
}


def check_benefit(benefit: str) -> str:
    if benefit not in BENEFITS:
        raise WrongValue("Tällaista hyötyä ei ole.", "There is no such benefit.")
    return benefit


def check_benefits_differ(benefits: list[str]) -> list[str]:
    if len(set(benefits)) < len(benefits):
        raise WrongValue("Sama hyöty on mainittu kahdesti.", "A benefit is named twice.")
    return benefits


BenefitId = Annotated[str, AfterValidator(check_benefit)]
Benefits = Annotated[list[BenefitId], Field(max_length=MAX_BENEFITS), AfterValidator(check_benefits_differ)]

DEFAULT_INDIVIDUAL_BENEFITS = ("role_clarity", "workflow", "learning", "professional_identity", "core_task_clarity")
DEFAULT_GROUP_BENEFITS = ("goal_clarity", "role_clarity", "workflow", "learning", "cooperation")
"""Asked when none were chosen; coping at work is not among them, as it comes close to health data."""


def offered_benefits(form: Form) -> list[str]:
    """The benefits to choose from; in individual supervision not those that only a group can rate."""
    return [id_ for id_, benefit in BENEFITS.items() if benefit.alone or form is not Form.individual]


def benefits_to_ask(form: Form, chosen: Sequence[str], of_goals: Iterable[str]) -> list[str]:
    """The chosen ones, else those of the goals, else the default ones."""
    if chosen:
        return list(chosen)[:MAX_BENEFITS]
    suitable = [id_ for id_ in dict.fromkeys(of_goals) if id_ in offered_benefits(form)]
    default = DEFAULT_INDIVIDUAL_BENEFITS if form is Form.individual else DEFAULT_GROUP_BENEFITS
    return suitable[:MAX_BENEFITS] or list(default)
