"""The applications of the three services as tests speak to them."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import FastAPI

from services.booking.app import create_app as booking_face
from services.booking.settings import Settings as BookingSettings
from services.core.settings import ServiceSettings
from services.notifier.app import create_app as notifier_face
from services.notifier.settings import Settings as NotifierSettings
from services.reporting.app import create_app as reporting_face
from services.reporting.settings import Settings as ReportingSettings
from services.web.metrics import Metrics
from services.web.security.rate_limits import GENERAL, RateLimiter

S = TypeVar("S", bound=ServiceSettings)
_apps: dict[tuple[Callable[..., FastAPI], str], FastAPI] = {}


def app_of(application: Callable[[S], FastAPI], settings: S) -> FastAPI:
    """One for all tests with these settings, as the first requests to each take long; nobody has asked it much yet."""
    known = application, settings.model_dump_json()
    app = _apps[known] = _apps.get(known) or application(settings)
    strict = settings.rates() if isinstance(settings, BookingSettings) else {}
    app.state.settings = settings  # a test may change its own
    app.state.gate = RateLimiter({GENERAL: settings.general_rate, **strict}, b"limits")
    app.state.metrics = Metrics(app.state.engine, app.state.gauges, app.state.checks)
    return app


def face_of(service: str, database: str, keys: dict[str, str]) -> FastAPI:
    """The application of any of them, for tests about what all of them share."""
    told: dict[str, Any] = {
        "redis_url": "redis://127.0.0.1:1/0",
        "public_url": "https://booking.test",
        f"{service}_database_url": database,
        "smtp_url": "smtp://127.0.0.1:1",
        "mail_from": "a@example.fi",
        **{name.lower(): value for name, value in keys.items()},
    }
    match service:
        case "booking":
            return app_of(booking_face, BookingSettings(**told))
        case "reporting":
            return app_of(reporting_face, ReportingSettings(**told))
        case _:
            return app_of(notifier_face, NotifierSettings(**told))
