"""Finnish labels of the log of letters: kinds, statuses and errors."""

from services.notifier.kinds import LetterKind
from services.notifier.models import LetterStatus

KINDS = {
    LetterKind.booking_confirmation: "Varausvahvistus",
    LetterKind.reschedule: "Uusi aika",
    LetterKind.cancellation: "Peruutus",
    LetterKind.departure: "Osallistumisen päättyminen",
    LetterKind.reminder_week: "Muistutus viikkoa ennen",
    LetterKind.reminder_day: "Muistutus päivää ennen",
    LetterKind.intake_confirm_link: "Kartoittavan keskustelun vahvistuspyyntö",
    LetterKind.intake_confirmed: "Kartoittava keskustelu varattu",
    LetterKind.intake_moved: "Kartoittavan keskustelun uusi aika",
    LetterKind.intake_cancelled: "Kartoittavan keskustelun peruutus",
    LetterKind.login_link: "Kirjautumislinkki",
    LetterKind.device_code: "Laitteen vahvistuskoodi",
    LetterKind.address_stated: "Uuden osoitteen vahvistuspyyntö",
    LetterKind.address_changed: "Ilmoitus osoitteen vaihtumisesta",
    LetterKind.passkey_added: "Ilmoitus uudesta pääsyavaimesta",
    LetterKind.passkey_removed: "Ilmoitus pääsyavaimen poistamisesta",
    LetterKind.webhook_ended: "Ilmoitus webhookin kytkemisestä pois",
    LetterKind.test_letter: "Koekirje",
    LetterKind.process_request: "Työnohjauspyyntö",
    LetterKind.daily_agenda: "Päivän ohjelma",
    LetterKind.news: "Ilmoitus uudesta",
    LetterKind.summary: "Yhteenveto tapaamisesta",
    LetterKind.session_feedback: "Palautepyyntö tapaamisesta",
    LetterKind.evaluation_request: "Arviointipyyntö",
    LetterKind.evaluation_reminder: "Muistutus arvioinnista",
    LetterKind.goal_report: "Tavoitearviointiraportti",
    LetterKind.overview_report: "Yleiskatsaus",
    LetterKind.report_review: "Loppuraportti nähtäväksi",
    LetterKind.client_report: "Loppuraportti tilaajalle",
}

STATUSES = {
    LetterStatus.planned: "Tulossa",
    LetterStatus.sending: "Lähdössä",
    LetterStatus.sent: "Lähetetty",
    LetterStatus.failed: "Ei lähtenyt",
    LetterStatus.uncertain: "Epävarma",
    LetterStatus.cancelled: "Peruttu",
    LetterStatus.skipped: "Jätetty lähettämättä",
}

TROUBLED = (LetterStatus.failed, LetterStatus.uncertain)
"""Letters that need attention."""

_UNREACHABLE = "Postipalvelimeen ei saatu yhteyttä."
_TROUBLES = {
    "CONNECT": _UNREACHABLE,
    "ENVELOPE": _UNREACHABLE,
    "LOGIN": "Postipalvelin ei hyväksynyt kirjautumistamme. Ylläpidon on korjattava asetukset.",
    "STARTTLS": "Postipalvelimeen ei saatu suojattua yhteyttä. Ylläpidon on korjattava asetukset.",
    "ADDRESS": "Vastaanottajan osoite on virheellinen.",
    "MAIL 4": "Postipalvelin ei ottanut viestejämme juuri silloin vastaan.",
    "MAIL 5": "Postipalvelin ei hyväksynyt lähettäjän osoitetta. Ylläpidon on korjattava asetukset.",
    "RCPT 4": "Vastaanottajan postilaatikko ei ottanut viestejä juuri silloin vastaan.",
    "RCPT 5": "Postipalvelin ei tunne vastaanottajan osoitetta tai ei ota siihen viestejä.",
    "DATA 4": "Postipalvelin ei ottanut viestiä juuri silloin vastaan.",
    "DATA 5": "Postipalvelin ei hyväksynyt viestiä.",
    "BODY 4": "Postipalvelin ei ottanut viestiä juuri silloin vastaan.",
    "BODY 5": "Postipalvelin ei hyväksynyt viestiä.",
    "BODY": "Yhteys postipalvelimeen katkesi kesken lähetyksen.",
    "SENDER": "Lähettäminen katkesi meidän puolellamme, ennen kuin postipalvelin sai viestin.",
    "WRITING": "Viestiä ei saatu kirjoitettua. Vika on meidän puolellamme, ja se on kirjattu lokiin.",
}
_FULL = "Vastaanottajan postilaatikko on täynnä."
_OTHERWISE = "Viestin lähettäminen ei onnistunut."


def trouble_in_words(trouble: str) -> str:
    """The meaning of a mail server's stage and reply code (RFC 5321 §4.2, RFC 3463 §3): ``RCPT 550 5.1.1``."""
    stage, _, reply = trouble.partition(" ")
    if stage == "RCPT" and reply.endswith(".2.2"):
        return _FULL
    return _TROUBLES.get(f"{stage} {reply[:1]}") or _TROUBLES.get(stage, _OTHERWISE)
