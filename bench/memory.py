"""What the processes of the services hold after a thousand events, and after many more.

A bench of a quarter of an hour has no time for 100 000: ``uv run python -m bench.memory 100000`` takes it.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import Engine, text

from bench.measuring import Effort, Spread
from bench.report import Figure, Row, at_most
from bench.site import Site, opened
from services.core import database
from services.core.database import transaction
from services.events import outbox
from services.events.catalogue import Event, LoginRequested, SupervisorChanged

SERVICES = ("booking", "notifier", "reporting")
FEW, MANY = 1_000, 5_000
AT_ONCE = 500
PATIENCE_SECONDS = 3600


def rows(site: Site, effort: Effort) -> Iterator[Row | Figure]:
    return grown(site, effort.of(FEW, least=100), effort.of(MANY, least=300))


def grown(site: Site, few: int, many: int) -> Iterator[Row | Figure]:
    urls = {service: site.database(service, service) for service in SERVICES}
    told = site.environment(urls)
    engine = database.engine(urls["booking"], pool_size=1)
    with ExitStack() as stack:
        workers = {service: stack.enter_context(site.working(service, told)).process.pid for service in SERVICES}
        _tell(engine, few)
        before = _held(workers)
        began = time.monotonic()
        _tell(engine, many - few)
        took = time.monotonic() - began
        after = _held(workers)
    engine.dispose()
    growth = {name: after[name] / before[name] for name in before if name in after}
    yield Row(
        f"memory of each process after {many} events, the one that grew most ({max(growth, key=lambda n: growth[n])})",
        f"after {few}",
        at_most(1.1, " ×"),
        Spread.of(sorted(growth.values())[-1:]),
        "nothing that grows with events",
    )
    yield Figure(
        "events a second through relay, reader and confirmation, with their letters", f"{(many - few) / took:.0f}"
    )
    for name, megabytes in after.items():
        yield Figure(f"megabytes of {name}", f"{megabytes:.0f} (after {few} events {before.get(name, 0):.0f})")


def _tell(engine: Engine, count: int) -> None:
    """Stage so many events, and wait until all have taken effect."""
    for first in range(0, count, AT_ONCE):
        with transaction(engine) as db:
            events = [_event(number) for number in range(first, min(first + AT_ONCE, count))]
            outbox.stage(db, "booking", datetime.now(UTC), events)
        _wait_until_heard(engine)


def _event(number: int) -> Event:
    if number % 2:
        return SupervisorChanged(
            version=1,
            supervisor_id=uuid4(),
            full_name="Maija Meikäläinen",
            email=f"{uuid4().hex}@example.fi",
            calendar_link=uuid4(),
        )
    return LoginRequested(
        version=1,
        login_id=uuid4(),
        full_name="Maija Meikäläinen",
        email=f"{uuid4().hex}@example.fi",
        link=uuid4(),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )


def _wait_until_heard(engine: Engine) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _open(engine):
        if time.monotonic() > deadline:
            raise TimeoutError("Events are not confirmed.")
        time.sleep(0.1)


def _open(engine: Engine) -> bool:
    with transaction(engine) as db:
        return bool(db.scalar(text("SELECT EXISTS (SELECT FROM outbox_delivery WHERE confirmed_at IS NULL)")))


# -- processes --------------------------------------------------------------------------------------------


def _held(workers: dict[str, int]) -> dict[str, float]:
    """Megabytes of each process, what it shares with others by its part (PSS)."""
    parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found: dict[str, float] = {}
    for service, worker in workers.items():
        found[f"{service}: parent"] = _megabytes(worker)
        for child in (pid for pid, parent in parents.items() if parent == worker):
            found[f"{service}: {_role(child)}"] = _megabytes(child)
            for number, grandchild in enumerate(sorted(pid for pid, parent in parents.items() if parent == child)):
                found[f"{service}: process {number} of the pool"] = _megabytes(grandchild)
    return found


def _parent(path: Path) -> int:
    try:
        return int((path / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _role(process: int) -> str:
    words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    return next((word for word in ("relay", "tick", "celery") if any(word.encode() in one for one in words)), "child")


def _megabytes(process: int) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    with TemporaryDirectory(prefix="tyonohjaus-bench-") as folder, opened(Path(folder)) as site:
        for one in grown(site, FEW, int(sys.argv[1])):
            print(one, flush=True)
