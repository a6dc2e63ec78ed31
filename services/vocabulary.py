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
