"""Whether the services are told what they need, and by secrets that are worth the name."""

import os
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from services.booking.settings import Settings as BookingSettings
from services.core.secrets import fresh_keys
from services.core.settings import ServiceSettings, reasons
from services.notifier.settings import Settings as NotifierSettings
from services.operations.doctor.finding import Finding
from services.reporting.settings import Settings as ReportingSettings
from services.web.security.tokens import matches

SETTINGS: Mapping[str, type[ServiceSettings]] = {
    "booking": BookingSettings,
    "notifier": NotifierSettings,
    "reporting": ReportingSettings,
}
A_PAIR = ("TOKEN_SIGNING_KEY", "TOKEN_VERIFY_KEY")


def check() -> Iterator[Finding]:
    """What each service would refuse to start with; what is wrong for several is said once."""
    services: dict[str, list[str]] = {}
    for service, settings in SETTINGS.items():
        for reason in refused(settings):
            services.setdefault(reason, []).append(service)
    for reason, concerned in services.items():
        yield Finding(
            f"{reason} ({', '.join(concerned)}).",
            "Correct it in the environment or .env, then start again; `tyonohjaus secrets` prints fresh secrets.",
        )


def refused(settings: type[ServiceSettings]) -> list[str]:
    try:
        settings()
    except ValidationError as error:
        return reasons(error)
    return []


def check_kept() -> Iterator[Finding]:
    """The secrets of a folder in which nothing runs; more it does not hold then."""
    if missing := [name for name in fresh_keys() if not os.environ.get(name)]:
        yield Finding(
            f"secrets.env lacks {', '.join(missing)}.",
            "Put it back from a copy; the next start makes a fresh one, which opens nothing that was sealed before.",
        )
    elif not belong_together():
        yield Finding(
            "TOKEN_VERIFY_KEY does not belong to TOKEN_SIGNING_KEY.",
            "Take both lines out of secrets.env: the next start makes a fresh pair, and tokens of the last hour end.",
        )


def belong_together() -> bool:
    try:
        return matches(*(os.environ[name] for name in A_PAIR))
    except ValueError:
        return False
