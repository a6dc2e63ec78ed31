"""The configuration of the gateway of a larger installation, Caddy's, made from the table of addresses."""

from importlib import resources

from jinja2 import Environment, StrictUndefined

from services.core.addresses import FACES, PICTURES, PREFIXES

PORTS = {"booking": 8000, "reporting": 8001, "notifier": 8002}
"""Where the containers of the services listen, inside."""


def caddyfile() -> str:
    template = (resources.files(__package__) / "Caddyfile.jinja").read_text(encoding="utf-8")
    environment = Environment(  # noqa: S701 -- no HTML
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(template).render(
        prefixes=PREFIXES, pictures=PICTURES, ports=PORTS, inside=[f"{face}/metrics" for face in FACES.values()]
    )
