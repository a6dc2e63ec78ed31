"""A series of forty meetings in one call, beside forty calls of one."""

from collections.abc import Iterator

from bench.calls import Call, posted
from bench.firm import Firm, an_hour
from bench.measuring import Effort, Spread, interleaved, ratio, seconds
from bench.report import Figure, Row, at_most
from bench.site import Site

COUNT = 40


def rows(site: Site, effort: Effort) -> Iterator[Row | Figure]:
    database = site.database("series", "booking")
    with site.serving("booking", site.environment({"booking": database})) as port:
        firm = Firm(port, site.keys)
        together = firm.caller(firm.as_client)
        supervisor_id = firm.supervisor()

        def at_once() -> float:
            process_id = firm.process(supervisor_id)["id"]
            wanted = {"first_starts_at": next(moments), "every_weeks": 1, "count": COUNT, "mode": "onsite"}
            return seconds(lambda: together.post(f"/api/v1/processes/{process_id}/series", wanted))

        def one_by_one() -> float:
            calls: list[Call] = firm.bookings(COUNT)
            return sum(posted(port, firm.as_client, calls, 1).seconds)

        moments = (an_hour(hours=9 + number % 10, days=number // 10) for number in range(70))
        found = interleaved(effort.rounds, {"series": at_once, "single": one_by_one})
    what = f"a series of {COUNT}"
    yield Row(
        f"{what} in one call", f"{COUNT} single bookings", at_most(0.2), ratio(found["series"], found["single"]),
        "forty events are sealed and forty rows written",
    )  # fmt: skip
    yield Figure(what, Spread.of([1000 * one for one in found["series"]]).text(" ms"))
