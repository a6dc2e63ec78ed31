"""One address for all three services: which of them answers which path.

The quick start serves by this table, and the gateway's configuration (deploy/Caddyfile) is made from it.
"""

FACES = {"booking": "", "reporting": "/reporting", "notifier": "/notifier"}
"""Where the API, the documentation and the health of each service lie."""

PREFIXES = {
    "reporting": (FACES["reporting"], "/raportit", "/raportti"),
    "notifier": (FACES["notifier"], "/viestit", "/viestiasetukset"),
}
"""The paths of a service and all that lies below them. Everything else is booking's."""

PICTURES = ("/api/v1/practice/logo", "/yllapito/toiminimi/logo", "/tyo/asetukset/esittely/kuva")
"""Where pictures are sent, which may be larger than anything else."""

ADMIN_PAGES = {"booking": "/yllapito", "reporting": "/raportit/yllapito", "notifier": "/viestit/yllapito"}
"""How each service is doing; its audit trail lies below."""

OWN_TRAILS = {"booking": "/tyo/asetukset/loki", "reporting": "/raportit/loki", "notifier": "/viestit/loki"}
"""A supervisor's own part of each audit trail."""


def service_at(path: str) -> str:
    """The service that answers a path."""
    named = (service for service, prefixes in PREFIXES.items() if any(is_below(path, prefix) for prefix in prefixes))
    return next(named, "booking")


def is_below(path: str, prefix: str) -> bool:
    """Whether a path is the prefix itself or lies below it; below no prefix lies nothing."""
    return bool(prefix) and (path == prefix or path.startswith(f"{prefix}/"))
