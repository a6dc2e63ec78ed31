"""Programs of others in the same run, each in an environment of its own, where the package index can be reached."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

from bench.measuring import Effort
from bench.report import Figure
from bench.site import Site

DJANGO_APPOINTMENT = Path(__file__).with_name("django_appointment.py")


def rows(site: Site, effort: Effort) -> Iterator[Figure]:
    """What django-appointment takes for a booking and for sixty days of free times, beside nothing else."""
    python = python_with(site, "appointment", "django-appointment", "psycopg[binary]")
    if python is None:
        yield Figure("django-appointment beside it", "not measured: it can't be installed on this machine")
        return
    database = make_url(site.database("peer")).set(drivername="postgresql").render_as_string(hide_password=False)
    command: list[str | Path] = [python, DJANGO_APPOINTMENT, database, str(effort.of(200, least=10))]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    took = json.loads(ran.stdout)
    yield Figure("bookings a second, django-appointment, without HTTP", f"{1 / took['booking_seconds']:.3g}")
    yield Figure("its SQL statements of a booking", f"{took['booking_statements']}")
    yield Figure("its seconds for the free times of 60 days", f"{took['slots_seconds']:.3g}")
    yield Figure("its SQL statements for them", f"{took['slots_statements']}")


def python_with(site: Site, module: str, *packages: str) -> Path | None:
    """A Python that can import a module of these packages; None where they or what they need can't be had."""
    home = site.folder / module
    python = home / "bin" / "python"
    steps: list[list[str | Path]] = [
        ["uv", "venv", "--quiet", home],
        ["uv", "pip", "install", "--quiet", "--python", python, *packages],
        [python, "-c", f"import {module}"],
    ]
    ran = (subprocess.run(step, capture_output=True, check=False).returncode == 0 for step in steps)
    return python if all(ran) else None
