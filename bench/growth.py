"""Ten supervisors or a thousand, ten thousand meetings or a million: what one call costs in either."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from typing import Any

from sqlalchemy import Engine

from bench import slots
from bench.calls import posted
from bench.crowd import Crowd, settle
from bench.firm import Firm
from bench.measuring import Effort, Spread, interleaved, percentile, ratio, seconds
from bench.report import Figure, Row, at_most
from bench.site import Site
from services.booking import periodic
from services.booking.calendar import ics_import
from services.booking.settings import settings
from services.core.database import Database, engine, transaction
from services.events import outbox

MEETINGS = 1000
"""Of each supervisor."""

FLAT = at_most(1.3)
INDEX = "the depth of an index"
ALL_OF = {
    "open-rounds": "it looks at every process that goes on, each ten minutes",
    "forget": "it looks at all that is kept of people, each hour",
}
"""The two jobs of the tick that grow with the firm, though not with what has been."""
Work = Callable[[], object]


def rows(site: Site, effort: Effort) -> Iterator[Row | Figure]:
    firms = {
        "small": Crowd(supervisors=10, meetings=MEETINGS, told=10_000),
        "large": Crowd(supervisors=effort.of(1000), meetings=MEETINGS, told=effort.of(1_000_000)),
    }
    urls = {name: site.database(name, "booking") for name in firms}
    bases = {name: engine(url, pool_size=2) for name, url in urls.items()}
    ids = {name: cycle(settle(bases[name], crowd)) for name, crowd in firms.items()}
    against = "with 10 supervisors, 10 000 meetings and as many events told"
    os.environ.update(site.environment({"booking": urls["small"]}))  # what the jobs of a tick are told besides

    def compare(what: str, works: dict[str, Work], times: int, limited_by: str = INDEX) -> Iterator[Row | Figure]:
        measures = {name: partial(_typical, work, effort.of(times, least=3)) for name, work in works.items()}
        found = interleaved(effort.rounds, measures)
        yield Row(what, against, FLAT, ratio(found["large"], found["small"]), limited_by)
        yield Figure(f"{what}, large", Spread.of([1000 * one for one in found["large"]]).text(" ms"))

    yield from _bookings(site, urls, effort, against)
    looks: dict[str, Work] = {name: lambda name=name: slots.free(bases[name], next(ids[name]), 60) for name in firms}  # type: ignore[misc]
    yield from compare("growth: free slots of 60 days", looks, 40)
    for job in periodic.jobs(bases["small"]):
        works: dict[str, Work] = {n: _turn(bases[n], job.name) for n in firms}
        yield from compare(f"growth: tick, {job.name}", works, 10, ALL_OF.get(job.name, INDEX))
    for what, work in RELAY.items():
        yield from compare(f"growth: relay, {what}", {n: partial(_undone, bases[n], work) for n in firms}, 10)
    for base in bases.values():
        base.dispose()


def _bookings(site: Site, urls: dict[str, str], effort: Effort, against: str) -> Iterator[Row]:
    """Bookings and readings through HTTP, as the admin who sees everything."""
    with (
        site.serving("booking", site.environment({"booking": urls["small"]})) as small,
        site.serving("booking", site.environment({"booking": urls["large"]})) as large,
    ):
        firms = {"small": Firm(small, site.keys), "large": Firm(large, site.keys)}
        ports = {"small": small, "large": large}
        count = effort.of(60, least=8)

        def book(name: str) -> float:
            return percentile(posted(ports[name], firms[name].as_client, firms[name].bookings(count), 1).seconds, 50)

        found = interleaved(effort.rounds, {name: partial(book, name) for name in firms})
        yield Row("growth: a booking", against, FLAT, ratio(found["large"], found["small"]), INDEX)
        for path in READ:
            reads: dict[str, Callable[[], float]] = {
                name: partial(_typical, partial(firm.admin.send_text, "GET", path, None), effort.of(20, least=3))
                for name, firm in firms.items()
            }
            found = interleaved(effort.rounds, reads)
            yield Row(f"growth: GET {path}", against, FLAT, ratio(found["large"], found["small"]), INDEX)


READ = (
    "/api/v1/sessions?limit=10",
    "/api/v1/processes?limit=10",
    "/api/v1/clients?limit=10",
    "/api/v1/supervisors?limit=10",
    "/readyz",
    "/metrics",
)

RELAY: dict[str, Callable[[Database], Any]] = {
    "claim": lambda db: db.execute(outbox.CLAIM, {"most": 100}).all(),
    "prune": outbox.prune_outbox,
}


def _turn(base: Engine, name: str) -> Work:
    """A turn of the job. That of the calendars is mostly none: measured is the look for what is due."""
    if name == "read-calendars":
        return partial(ics_import.begin, base, settings())
    return next(job for job in periodic.jobs(base) if job.name == name).run


def _undone(base: Engine, work: Callable[[Database], Any]) -> None:
    with transaction(base) as db:
        work(db)
        db.rollback()


def _typical(work: Work, times: int) -> float:
    """The median of so many in a row."""
    return percentile([seconds(work) for _ in range(times)], 50)
