"""The benefits that a process can be followed by, under the names that reports give them."""

LABELS = {
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

LOWEST, HIGHEST = 1, 5


def label(benefit: str) -> str:
    """The benefit's name; a questionnaire of the licensee's own keeps the name it was given."""
    return LABELS.get(benefit, benefit)
