"""How a service is doing, in plain Finnish: the figures of its /metrics, with what to do where one is too high."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from prometheus_client.core import Metric
from sqlalchemy import text

from services.core.database import Database
from services.finnish import formatting
from services.web.i18n.translation import word
from services.web.metrics import Gauge

MINUTE, HOUR, DAY = 60, 3600, 86400
SECONDS = "_seconds"
MOST_PARKED = 20


@dataclass(frozen=True)
class Meaning:
    """What a figure is called, above what it is worrying, and what is to be done then."""

    label: str
    limit: float | None = None
    advice: str = ""


PREFIX = "tyonohjaus_"
MEANINGS = {
    "deliveries_open": Meaning("Matkalla olevia tapahtumia"),
    "deliveries_parked": Meaning(
        "Pysähtyneitä tapahtumia", 0, "Katso alta, mihin ne pysähtyivät, korjaa syy ja käynnistä ne uudelleen."
    ),
    "delivery_oldest_seconds": Meaning(
        "Vanhin tapahtuma on odottanut", 5 * MINUTE, "Katso, ovatko vastaanottajan työprosessi ja Redis käynnissä."
    ),
    "subscriber_silent_seconds": Meaning(
        "Vastaanottajan viimeisestä vastauksesta", 2 * MINUTE, "Katso, onko sen työprosessi käynnissä."
    ),
    "login_request_oldest_seconds": Meaning(
        "Vanhin kirjautumispyyntö on odottanut", 2 * MINUTE, "Katso, onko varausten työprosessi käynnissä."
    ),
    "calendars_failing": Meaning(
        "Tuotuja kalentereita, joita ei saatu luettua", 0, "Työnohjaaja näkee syyn asetuksistaan."
    ),
    "reports": Meaning("Raportteja"),
    "report_oldest_overdue_seconds": Meaning(
        "Myöhässä olevin raportti on odottanut", 30 * MINUTE, "Katso, onko raporttien työprosessi käynnissä."
    ),
    "rebuild_events_awaited": Meaning(
        "Uudelleenrakennus odottaa tapahtumia", 0, "Raportteja tehdään vasta, kun kaikki on kerrottu uudelleen."
    ),
    "letters": Meaning("Viestejä"),
    "letter_oldest_overdue_seconds": Meaning(
        "Myöhässä olevin viesti on odottanut", 10 * MINUTE, "Katso viestien työprosessi ja postipalvelin."
    ),
    "mail_server_failures": Meaning(
        "Postipalvelimen peräkkäisiä virheitä", 0, "Lähettämistä yritetään pian uudelleen. Tarkista palvelimen tila."
    ),
}
WORRYING = {
    ("letters", "failed"): "Katso viestien lokista, mitä perille jäi saamatta, ja lähetä ne uudelleen.",
    ("letters", "uncertain"): "Näistä ei tiedetä, menivätkö ne perille. Kysy saajalta ennen kuin lähetät uudelleen.",
}
LABELS = {
    "notifier": "viestit",
    "reporting": "raportit",
    "planned": "odottaa aikaansa",
    "sending": "lähdössä",
    "failed": "epäonnistunut",
    "uncertain": "epävarma",
    "due": "tekemättä",
}


@dataclass(frozen=True)
class StatusRow:
    """One figure in words."""

    label: str
    value: str
    is_worrying: bool
    advice: str


@dataclass(frozen=True)
class Parked:
    """An event that its reader could not take in, with the kind of error of the last time."""

    type: str
    reader: str
    parked_at: datetime
    attempts: int
    error: str


@dataclass(frozen=True)
class ServiceStatus:
    rows: list[StatusRow]

    @property
    def worries(self) -> list[StatusRow]:
        return [row for row in self.rows if row.is_worrying]


def read_status(db: Database, request: Request) -> ServiceStatus:
    """The figures of the service that serves this request."""
    gauges: Sequence[Gauge] = request.app.state.gauges
    return ServiceStatus([row for read in gauges for metric in read(db) for row in _rows(metric)])


def parked(db: Database) -> list[Parked]:
    """The deliveries of a publisher that were given up for now, with the kind of error that they ended in."""
    rows = db.execute(PARKED, {"most": MOST_PARKED})
    return [Parked(row.type, _part(row.subscriber), row.parked_at, row.attempts, row.last_error or "–") for row in rows]


PARKED = text("""
    SELECT envelope->>'type' AS type, d.subscriber, d.attempts, d.parked_at, d.last_error
    FROM outbox_delivery d JOIN outbox o USING (event_id)
    WHERE d.parked_at IS NOT NULL AND d.confirmed_at IS NULL ORDER BY o.position LIMIT :most
""")


def _rows(metric: Metric) -> Iterator[StatusRow]:
    """None of a figure that only Prometheus is to see."""
    name = metric.name.removeprefix(PREFIX)
    if (meaning := MEANINGS.get(name)) is None:
        return
    for sample in metric.samples:
        part = next(iter(sample.labels.values()), "")
        advice = WORRYING.get((name, part), meaning.advice)
        limit = 0 if (name, part) in WORRYING else meaning.limit
        is_worrying = limit is not None and sample.value > limit
        shown = span(sample.value) if name.endswith(SECONDS) else formatting.number(sample.value)
        yield StatusRow(_label(meaning, part), shown, is_worrying, word(advice) if is_worrying and advice else "")


def _label(meaning: Meaning, part: str) -> str:
    label = word(meaning.label)
    return f"{label} ({_part(part)})" if part else label


def _part(part: str) -> str:
    return word(LABELS.get(part, part))


def span(seconds: float) -> str:
    """How long, as one says it: 40 s, 12 min, 3 t, 2 päivää."""
    for unit, words in ((DAY, "päivää"), (HOUR, "t"), (MINUTE, "min")):
        if seconds >= 2 * unit:
            return f"{int(seconds // unit)}{formatting.NBSP}{words}"
    return f"{int(seconds)}{formatting.NBSP}s"
