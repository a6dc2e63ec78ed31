"""What a million letters that wait, and a million that were sent, cost those who look for the few that are due."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import Engine

from bench import heap
from bench.measuring import Effort, Measure, Spread, interleaved, ratio, seconds
from bench.report import Figure, Row, at_most
from bench.site import Site
from services.core import clock, database
from services.core.database import Database
from services.notifier import privacy
from services.notifier.delivery import queue
from services.notifier.settings import settings

FEW, MANY = 10_000, 1_000_000
DUE = 50
TIMES = 20

Look = Callable[[Database, datetime], object]


def rows(site: Site, effort: Effort) -> Iterator[Row | Figure]:
    many = effort.of(MANY)
    began = time.monotonic()
    urls = {"few": _waiting(site, FEW), "many": _waiting(site, many)}
    os.environ.update(site.environment({"notifier": urls["few"]}))  # how long letters are kept is the operator's to say
    engines = {which: database.engine(url, pool_size=1) for which, url in urls.items()}
    yield Figure(f"seconds to write {_spaced(2 * (FEW + many))} letters", f"{time.monotonic() - began:.0f}")
    for name, look in LOOKS.items():
        contenders: dict[str, Measure] = {which: _looking(engine, look) for which, engine in engines.items()}
        found = interleaved(effort.rounds, contenders)
        yield Row(
            f"{name}, {_spaced(many)} letters waiting and as many sent",
            f"with {_spaced(FEW)}",
            at_most(1.2, " ×"),
            ratio(found["many"], found["few"]),
            "an index of what it looks for, read from its beginning",
        )
        yield Figure(f"milliseconds of that: {name}", Spread.of([1000 * one for one in found["many"]]).text())
    for engine in engines.values():
        engine.dispose()


def _waiting(site: Site, count: int) -> str:
    url = site.database(f"waiting_{count}", "notifier")
    heap.fill(url, heap.WAITING, count)
    heap.fill(url, heap.OF_A_YEAR, count)
    heap.fill(url, heap.ALL, DUE)
    return url


def _looking(engine: Engine, look: Look) -> Measure:
    def once() -> None:
        with Database(engine) as db:  # never committed: the next look finds the same
            look(db, clock.now(db))

    return lambda: seconds(once, TIMES)


LOOKS: dict[str, Look] = {
    f"claiming the {DUE} that are due": queue.claim_letters,
    "whether one is due": queue.is_letter_due,
    "how late the oldest is": queue.letter_lateness,
    "taking back what dead senders had": queue.recover_stale_letters,
    "forgetting what was kept long enough": lambda db, now: privacy.prune_notifier(db, settings(), now),
}


def _spaced(count: int) -> str:
    return f"{count:,}".replace(",", " ")
