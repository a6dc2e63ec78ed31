"""How webhooks are doing: figures for /metrics, and the reason for a red /readyz when nothing is fed."""

from collections.abc import Iterable

from prometheus_client.core import Metric
from sqlalchemy import text

from services.core.database import Database
from services.web.metrics import gauge
from services.web.outbox_metrics import TOO_OLD

FEED_WAITS = text("""
    SELECT coalesce(extract(epoch FROM now() - min(queued_at)), 0) FROM webhook_queue
""")
WAITING = text("SELECT count(*) FROM webhook_delivery WHERE next_at IS NOT NULL")
RECEIVERS = text("""
    SELECT count(*) FILTER (WHERE failing_since IS NULL) AS well, count(failing_since) AS failing
    FROM webhook WHERE ended_at IS NULL
""")


def webhook_gauges(db: Database) -> Iterable[Metric]:
    receivers = db.execute(RECEIVERS).one()._asdict()
    yield gauge("webhook_receivers", "Receivers of webhooks.", [((k,), n) for k, n in receivers.items()], ("state",))
    yield gauge("webhook_deliveries_open", "Webhooks not yet taken.", [((), float(db.scalar(WAITING)))])
    yield gauge("webhook_feed_seconds", "Age of the oldest event not fed yet.", [((), feed_age(db))])


def feed_age(db: Database) -> float:
    """For how many seconds the oldest event has waited for its place in the feed."""
    return float(db.scalar(FEED_WAITS))


def check_feed(db: Database) -> Iterable[str]:
    """Whether an event has waited too long for its place in the feed. What a receiver does not take is its owner's."""
    waited = feed_age(db)
    if waited > TOO_OLD.total_seconds():
        yield f"events for webhooks have waited {int(waited)} s"
