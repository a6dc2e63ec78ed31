"""A booking through HTTP with all its checks, beside the least that one row through HTTP can cost."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from uuid import uuid4

from sqlalchemy.engine import make_url

from bench.calls import Call, posted
from bench.firm import Firm
from bench.measuring import Effort, Measure, Spread, interleaved, percentile, ratio
from bench.report import Figure, Row, at_least, at_most
from bench.site import Site
from services.quickstart.binaries import postgres_program
from services.quickstart.ports import free_port
from services.quickstart.up import is_ready

ALONE, TOGETHER = 1, 8
PROCESSES = os.cpu_count() or 1


def rows(site: Site, effort: Effort) -> Iterator[Row | Figure]:
    database = site.database("booking", "booking")
    told = site.environment({"booking": database})
    with site.serving("booking", told) as ours, bare(site) as theirs:
        firm = Firm(ours, site.keys)
        for clients in (ALONE, TOGETHER):
            yield from beside_bare(firm, ours, theirs, clients, effort)
    with site.serving("booking", told, workers=PROCESSES) as ours:
        yield from waiting(Firm(ours, site.keys), ours, effort)
    yield from with_pgbench(site, database, effort)


def beside_bare(firm: Firm, ours: int, theirs: int, clients: int, effort: Effort) -> Iterator[Row | Figure]:
    count, late = _calls(clients, effort), list[float]()

    def book() -> float:
        load = posted(ours, firm.as_client, firm.bookings(count), clients)
        late.append(percentile(load.seconds, 99) * 1000)
        return load.per_second

    def insert(path: str) -> float:
        return posted(theirs, {}, [Call(path, meeting()) for _ in range(count)], clients).per_second

    contenders: dict[str, Measure] = {
        "ours": book,
        "bare": partial(insert, "/meetings"),
        "eight": partial(insert, "/meetings-of-eight-statements"),
    }
    found = interleaved(effort.rounds, contenders)
    who = _who(clients)
    yield Row(
        f"a booking, {who}",
        "a bare FastAPI and SQLModel endpoint that inserts one row",
        at_least(0.5),
        ratio(found["ours"], found["bare"]),
        "Python's time in one process, a part of it for eight statements instead of two (see below)",
    )
    yield Figure(
        f"the bare endpoint with eight statements, of the one with two, {who}",
        ratio(found["eight"], found["bare"]).text(),
    )
    yield Figure(f"bookings a second, {who}", Spread.of(found["ours"]).text())
    yield Figure(f"rows a second through the bare endpoint, {who}", Spread.of(found["bare"]).text())
    yield Figure(f"milliseconds of a booking, 99th percentile, {who}, one process", Spread.of(late).text())


def waiting(firm: Firm, port: int, effort: Effort) -> Iterator[Row | Figure]:
    count, late, rates = _calls(TOGETHER, effort), list[float](), list[float]()
    posted(port, firm.as_client, firm.bookings(count), TOGETHER)
    for _ in range(effort.rounds):
        load = posted(port, firm.as_client, firm.bookings(count), TOGETHER)
        late.append(percentile(load.seconds, 99) * 1000)
        rates.append(load.per_second)
    who = f"{_who(TOGETHER)}, a process for each core"
    yield Row(
        f"a booking's 99th percentile, {who}",
        "a limit",
        at_most(150, " ms"),
        Spread.of(late),
        "the cores, which clients, Python and PostgreSQL share",
    )
    yield Figure(f"bookings a second, {who}", Spread.of(rates).text())


def _calls(clients: int, effort: Effort) -> int:
    return clients * effort.of(120 if clients == ALONE else 60, least=16)


def _who(clients: int) -> str:
    return "one client" if clients == ALONE else f"{clients} clients at once"


def meeting() -> dict[str, str]:
    return {"process_id": str(uuid4()), "starts_at": "2030-01-01T10:00:00+00:00", "mode": "onsite"}


@contextmanager
def bare(site: Site) -> Iterator[int]:
    """The port of the bare endpoint, served with the same options as ours."""
    port, url = free_port(), site.database("bare")
    options = ["--no-access-log", "--no-server-header", "--no-proxy-headers", "--log-level", "warning"]
    program = site.python(
        "bare",
        "uvicorn",
        "bench.bare:api",
        "--port",
        str(port),
        *options,
        environment={**os.environ, "BARE_DATABASE_URL": url},
    )
    with site.running(program, partial(is_ready, port, "/readyz")):
        yield port


def with_pgbench(site: Site, database: str, effort: Effort) -> Iterator[Figure]:
    """The same rows written by PostgreSQL's own measuring program, for the share that the database has."""
    script = site.folder / "rows.sql"
    script.write_text(SAME_ROWS)
    for clients in (ALONE, TOGETHER):
        ran = subprocess.run(
            [
                postgres_program(site.programs, "pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={script}",
                f"--client={clients}", f"--time={effort.of(10, least=2)}",
                make_url(database).set(drivername="postgresql").render_as_string(hide_password=False),
            ],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        (rate,) = (line.split()[2] for line in ran.stdout.splitlines() if line.startswith("tps"))
        yield Figure(f"transactions of the same rows by pgbench, {clients} at once", f"{float(rate):.3g} a second")


SAME_ROWS = """
\\set number random(1, 2000000000)
BEGIN;
SELECT id AS process_id, supervisor_id FROM process ORDER BY id LIMIT 1 \\gset
INSERT INTO occupied_time (owner_id, supervisor_id, starts_at, blocked)
SELECT gen_random_uuid(), :supervisor_id, at, tstzrange(at, at + interval '1 second', '[)')
FROM (SELECT timestamptz '2100-01-01' + make_interval(secs => :number) AS at) moment;
INSERT INTO session (id, version, process_id, supervisor_id, number, status, starts_at, ends_at, mode, booked_at,
                     changed_at, changed_by, free_until, free_until_hours, late_fee_percent, no_show_fee_percent,
                     waive_force_majeure, cancelled_late)
VALUES (gen_random_uuid(), 1, :process_id, :supervisor_id, :number, 'booked', now(), now() + interval '1 hour',
        'onsite', now(), now(), 'client', now(), 24, 100, 100, true, false) ON CONFLICT DO NOTHING;
WITH staged AS (
    INSERT INTO outbox (event_id, aggregate, version, envelope)
    VALUES (gen_random_uuid(), 'bench/' || gen_random_uuid(), 1, jsonb_build_object('data', repeat('x', 600)))
    RETURNING event_id, aggregate, version
)
INSERT INTO outbox_delivery (event_id, subscriber, aggregate, version)
SELECT event_id, subscriber, aggregate, version FROM staged, unnest(ARRAY['notifier', 'reporting']) subscriber;
INSERT INTO audit_entry (at, actor, action, subject, via) VALUES (now(), 'bench', 'session.added', 'bench', '');
END;
"""
