"""What a service tells Prometheus: its requests by route, never by address, and what it reads from its database."""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Scope

from services.core.database import Database, transaction
from services.web.health import Check

Gauge = Callable[[Database], Iterable[Metric]]
"""Reads figures from the database; called at every scrape, in a transaction of its own."""


def gauge(name: str, what: str, values: Iterable[tuple[Sequence[str], float]], labels: Sequence[str] = ()) -> Metric:
    family = GaugeMetricFamily(f"tyonohjaus_{name}", what, labels=labels)
    for label_values, value in values:
        family.add_metric(label_values, value)
    return family


class FromDatabase(Collector):
    """Figures that rest in PostgreSQL and are the same whichever process is asked."""

    def __init__(self, engine: Engine, gauges: Sequence[Gauge], checks: Sequence[Check]) -> None:
        self._engine, self._gauges, self._checks = engine, gauges, checks

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        try:
            with transaction(self._engine) as db:
                db.execute(text("SELECT 1"))
                figures = [metric for read in self._gauges for metric in read(db)]
                is_ready = not any(True for check in self._checks for _ in check(db))
        except SQLAlchemyError:
            return _standing(is_up=False, is_ready=False)
        return [*_standing(is_up=True, is_ready=is_ready), *figures]


def _standing(*, is_up: bool, is_ready: bool) -> list[Metric]:
    return [
        gauge("database_up", "Whether the database answers.", [((), is_up)]),
        gauge("ready", "Whether the service can do its work, as /readyz says.", [((), is_ready)]),
    ]


class Metrics:
    """The figures of one application."""

    def __init__(self, engine: Engine, gauges: Sequence[Gauge], checks: Sequence[Check]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(FromDatabase(engine, gauges, checks))
        labels = ("method", "route", "status")
        self._requests = Counter(
            "tyonohjaus_requests_total", "Requests answered.", labelnames=labels, registry=self._registry
        )
        self._seconds = Histogram(
            "tyonohjaus_request_seconds", "How long answers took.", labelnames=labels[:2], registry=self._registry
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self._registry)


def template_of(scope: Scope) -> str:
    """The pattern of the address: what it holds in this request is an id or even a secret."""
    return str(getattr(scope.get("route"), "path", "unmatched"))
