"""What the audit trail's actions are called in Finnish, as said of somebody: "muutti työaikoja"."""

from collections.abc import Mapping

from services.web.i18n.translation import word

COMMON = {
    "answer.forgotten": "poisti arviointivastauksen säilytysajan päätyttyä",
    "events.retried": "käynnisti pysähtyneet tapahtumat uudelleen",
    "intake.forgotten": "poisti kartoittavan keskustelun tiedot säilytysajan päätyttyä",
    "participant.erased": "poisti osallistujan tiedot",
    "participant.exported": "latasi osallistujan tiedot",
    "participant.forgotten": "poisti osallistujan tiedot säilytysajan päätyttyä",
    "session.forgotten": "poisti tapaamisen tiedot säilytysajan päätyttyä",
}
"""What more than one service does; the rest stands beside the service that does it."""

KINDS = {
    "admin": "ylläpito",
    "anyone": "kirjautumaton kävijä",
    "answer": "arviointivastaus",
    "client": "tilaaja",
    "credential": "rajapintatunnus",
    "evaluation": "arviointi",
    "events": "tapahtumat",
    "feedback": "palautteen antaja",
    "intake": "kartoittava keskustelu",
    "hold": "kartoittava keskustelu",
    "login": "kirjautumislinkin saaja",
    "message": "viesti",
    "participant": "osallistuja",
    "passkey": "pääsyavain",
    "practice": "toiminnan tiedot",
    "process": "prosessi",
    "report": "raportti",
    "retention": "säilytysaika",
    "session": "tapaaminen",
    "summary": "yhteenveto",
    "supervisor": "työnohjaaja",
    "system": "järjestelmä",
    "webhook": "webhook",
}


def action_label(action: str, labels: Mapping[str, str]) -> str:
    """The words for an action, by the service's own labels."""
    found = labels.get(action) or COMMON.get(action)
    return word(found) if found else action


def subject_label(reference: str) -> str:
    """What a reference such as ``session/<id>`` is to."""
    name = reference.partition("/")[0]
    return word(KINDS[name]) if name in KINDS else name
