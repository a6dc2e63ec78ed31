"""Free times of a supervisor: what they cost in the service, and whether they stay cheap when the years go by."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from time import perf_counter
from uuid import UUID

from sqlalchemy import Engine, text

from bench.crowd import Crowd, settle
from bench.measuring import Effort, Spread, interleaved, percentile, ratio
from bench.report import Figure, Row, at_most
from bench.site import Site
from bench.statements import counted
from services.booking.api.availability import FreeSlots
from services.booking.calendar import availability, slots
from services.booking.calendar.offers import Slot
from services.core.clock import now
from services.core.database import engine, transaction
from services.events.catalogue import Form
from services.finnish.workdays import local

MANY, FEW = 10_000, 100
TWO_MONTHS, YEAR = 60, 365
HOUR = timedelta(hours=1)


def rows(site: Site, effort: Effort) -> Iterator[Row | Figure]:
    bases = {size: engine(site.database(f"slots_{size}", "booking")) for size in (MANY, FEW)}
    whom = {size: settle(base, Crowd(supervisors=1, meetings=size))[0] for size, base in bases.items()}
    busy, calm = partial(free, bases[MANY], whom[MANY]), partial(free, bases[FEW], whom[FEW])
    times = effort.of(40, least=5)
    waits: list[float] = []
    found = interleaved(
        effort.rounds,
        {
            "busy": lambda: _typical(busy, TWO_MONTHS, times, waits),
            "calm": lambda: _typical(calm, TWO_MONTHS, times),
            "year": lambda: _typical(busy, YEAR, times),
            "bare": lambda: _typical(partial(bare, bases[MANY], whom[MANY]), TWO_MONTHS, times),
        },
    )
    with counted(bases[MANY]) as statements:
        busy(TWO_MONTHS)
    what = f"free slots of {TWO_MONTHS} days with {MANY} meetings"
    yield Row(f"{what}: SQL statements", "a limit", at_most(5), Spread.of([len(statements)]), "the calendar is one")
    late = Spread.of([1000 * percentile(waits, 95)])
    yield Row(
        f"{what}: 95th percentile in the service",
        "a limit",
        at_most(10, " ms"),
        late,
        "some 700 times found and written by Python",
    )
    yield Row(
        what, f"with {FEW} meetings", at_most(1.3), ratio(found["busy"], found["calm"]), "the window alone is read"
    )
    yield Row(
        "free slots of a year", f"of {TWO_MONTHS} days", at_most(7), ratio(found["year"], found["busy"]), "its days"
    )
    yield Figure(f"{what}, in the service", Spread.of([1000 * one for one in found["busy"]]).text(" ms"))
    yield Figure("the bare query of that window", Spread.of([1000 * one for one in found["bare"]]).text(" ms"))
    yield Figure("slots in that answer", str(busy(TWO_MONTHS).count(b"starts_at")))
    for base in bases.values():
        base.dispose()


def free(base: Engine, supervisor_id: UUID, days: int) -> bytes:
    """What the service does between request and answer."""
    with transaction(base) as db:
        moment = now(db)
        practice = availability.load_practice(db, supervisor_id)
        first = local(moment, practice.rules.zone).date()
        last = first + timedelta(days=days)
        calendar = availability.load_calendar(db, practice, first, last, moment)
        starts = slots.free_starts(calendar, Form.individual, HOUR, first, last, moment)
        offered = [Slot(start, start + HOUR) for start in starts]
        return FreeSlots.model_construct(slots=offered).model_dump_json().encode()


def bare(base: Engine, supervisor_id: UUID, days: int) -> bytes:
    """The rows of the window alone."""
    with transaction(base) as db:
        rows = db.execute(text(BARE), {"supervisor": supervisor_id, "window": timedelta(days=days)}).all()
        return str(len(rows)).encode()


BARE = """
    SELECT lower(blocked), upper(blocked) FROM occupied_time
    WHERE uuidrange(supervisor_id, supervisor_id, '[]') && uuidrange(:supervisor, :supervisor, '[]')
      AND blocked && tstzrange(now(), now() + :window)
"""


def _typical(look: "partial[bytes]", days: int, times: int, waits: list[float] | None = None) -> float:
    """The median of so many in a row."""
    seconds = []
    for _ in range(times):
        began = perf_counter()
        look(days)
        seconds.append(perf_counter() - began)
    if waits is not None:
        waits.extend(seconds)
    return percentile(seconds, 50)
