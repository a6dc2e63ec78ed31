"""What a publisher's events wait for: figures for /metrics and the reasons for a red /readyz."""

from collections.abc import Iterable
from datetime import timedelta

from prometheus_client.core import Metric
from sqlalchemy import text

from services.core.database import Database
from services.web.metrics import gauge

TOO_OLD = timedelta(minutes=5)
SILENT = timedelta(minutes=2)

WAITING = text("""
    SELECT subscriber, count(*) FILTER (WHERE parked_at IS NULL) AS open, count(parked_at) AS parked,
      coalesce(extract(epoch FROM now() - min(staged_at) FILTER (WHERE parked_at IS NULL)), 0) AS age,
      sum(greatest(attempts - 1, 0)) AS reposted
    FROM outbox_delivery JOIN outbox USING (event_id) WHERE confirmed_at IS NULL GROUP BY subscriber
""")

LAST_ANSWER = text("""
    SELECT subscriber, extract(epoch FROM now() - answered_at) AS silent FROM pulse WHERE answered_at IS NOT NULL
""")

FIGURES = (
    ("deliveries_open", "Events not yet confirmed.", WAITING, "open"),
    ("deliveries_parked", "Events given up for now.", WAITING, "parked"),
    ("delivery_oldest_seconds", "Age of the oldest open event.", WAITING, "age"),
    ("deliveries_reposted", "How often unconfirmed events were posted once more.", WAITING, "reposted"),
    ("subscriber_silent_seconds", "Since a reader last answered a ping.", LAST_ANSWER, "silent"),
)


def outbox_gauges(db: Database) -> Iterable[Metric]:
    found = {query: db.execute(query).mappings().all() for query in (WAITING, LAST_ANSWER)}
    for name, what, query, column in FIGURES:
        values = [((row["subscriber"],), float(row[column])) for row in found[query]]
        yield gauge(name, what, values, ("subscriber",))


def check_outbox(db: Database) -> Iterable[str]:
    """Whether an event has waited too long for its reader. Parked ones are an operator's, and a metric."""
    for waiting in db.execute(WAITING):
        if waiting.age > TOO_OLD.total_seconds():
            yield f"events for {waiting.subscriber} have waited {int(waiting.age)} s"
