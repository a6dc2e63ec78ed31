"""What the codes of the contract are called in Finnish, in every grammatical case that some text needs."""

from typing import NamedTuple

from services.events.catalogue import Form, Phase

FORM_LABELS = {
    Form.individual: "yksilötyönohjaus",
    Form.pair: "työparin työnohjaus",
    Form.team: "tiimin työnohjaus",
    Form.group: "ryhmätyönohjaus",
    Form.community: "työyhteisön työnohjaus",
}


class Cases(NamedTuple):
    nominative: str
    genitive: str
    illative: str


EVALUATIONS = {
    Phase.start: Cases("alkuarviointi", "alkuarvioinnin", "alkuarviointiin"),
    Phase.mid: Cases("väliarviointi", "väliarvioinnin", "väliarviointiin"),
    Phase.final: Cases("loppuarviointi", "loppuarvioinnin", "loppuarviointiin"),
}

LEVEL_LABELS = {
    2: "tavoite ylittyi selvästi",
    1: "tavoite ylittyi hieman",
    0: "tavoite saavutettiin",
    -1: "tavoite jäi hieman saavuttamatta",
    -2: "tavoite jäi selvästi saavuttamatta",
}

BENEFIT_LABELS = {
    "goal_clarity": "Yhteisten tavoitteiden selkeys",
    "role_clarity": "Tehtävien ja roolien selkeys",
    "workflow": "Työn sujuvuus",
    "change_capacity": "Muutoskyky",
    "learning": "Ammatillinen oppiminen",
    "leadership": "Johtaminen ja esihenkilötyö",
    "cooperation": "Yhteistyö",
    "productivity": "Tuottavuus ja kilpailukyky",
    "work_quality": "Työn laatu ja tehokkuus",
    "customer_satisfaction": "Asiakastyytyväisyys",
    "professional_identity": "Ammatillinen identiteetti",
    "coping_at_work": "Työssä jaksaminen",
    "peer_learning": "Oppiminen muilta",
    "work_climate": "Työyhteisön ilmapiiri",
    "core_task_clarity": "Perustehtävän selkeys",
    "quality_criteria": "Yhteiset laatuvaatimukset",
    "multiprofessional_work": "Moniammatillinen yhteistyö",
}
"""What a process can be followed by, as it is named in forms and reports."""


def benefit_label(benefit: str) -> str:
    """The benefit's name; a questionnaire of the licensee's own keeps the name it was given."""
    return BENEFIT_LABELS.get(benefit, benefit)


KEPT_FROM_ADMIN = "Luottamukselliset vastaukset ja tekstit antavat osallistujan oma sivu ja hänen työnohjaajansa."
"""In an export for the administrator, and in the preview of a summary, in the place of what is confidential."""
KEPT_FROM_SUPERVISOR = "Mitä osallistuja ei ole vielä lähettänyt, sen näkee vain hän itse omalta sivultaan."
