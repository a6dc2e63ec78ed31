"""What a publisher's events wait for: figures for /metrics and the reasons for a red /readyz."""

from collections.abc import Iterable
from datetime import timedelta

from prometheus_client.core import Metric
from sqlalchemy import text

from services.database import Database
from services.web.metrics import gauge

TOO_OLD = timedelta(minutes=5)
SILENT = timedelta(minutes=2)

OLDEST = text("""
    SELECT subscriber, count(*) FILTER (WHERE parked_at IS NULL), count(parked_at),
      coalesce(extract(epoch FROM now() - min(staged_at) FILTER (WHERE parked_at IS NULL)), 0)
    FROM outbox_delivery JOIN outbox USING (event_id) WHERE confirmed_at IS NULL GROUP BY subscriber
""")

LAST_ANSWER = text("""
    SELECT subscriber, extract(epoch FROM now() - answered_at) FROM pulse WHERE answered_at IS NOT NULL
""")


def gauges(db: Database) -> Iterable[Metric]:
    waiting = [(row[0], int(row[1]), int(row[2]), float(row[3])) for row in db.execute(OLDEST)]
    answers = [((row[0],), float(row[1])) for row in db.execute(LAST_ANSWER)]
    labels = ("subscriber",)
    yield gauge("deliveries_open", "Events not yet confirmed.", [((who,), n) for who, n, _, _ in waiting], labels)
    yield gauge("deliveries_parked", "Events given up for now.", [((who,), n) for who, _, n, _ in waiting], labels)
    yield gauge(
        "delivery_oldest_seconds",
        "Age of the oldest open event.",
        [((who,), age) for who, _, _, age in waiting],
        labels,
    )
    yield gauge("subscriber_silent_seconds", "Since a reader last answered a ping.", answers, labels)


def check(db: Database) -> Iterable[str]:
    """Whether an event has waited too long for its reader. Parked ones are an operator's, and a metric."""
    for subscriber, _, _, age in db.execute(OLDEST):
        if age > TOO_OLD.total_seconds():
            yield f"events for {subscriber} have waited {int(age)} s"
