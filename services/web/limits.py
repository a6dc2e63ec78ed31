"""How much one address may ask: a generous general limit, and strict ones where guessing or filling up would pay.

Counts are kept in each process's memory; what one process lets pass is what the limits promise.
"""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.requests import HTTPConnection, Request

from services.web.language import Text
from services.web.problems import Problem

GENERAL = "general"


class Standing(NamedTuple):
    """How much of a limit is left, and for how many seconds."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


class TooManyRequests(Problem):
    """That was too much in a short time."""

    status = 429
    finnish = "Pyyntöjä tuli liian monta lyhyessä ajassa."
    advice = Text(fi="Odota otsakkeen Retry-After sekuntien verran.", en="Wait as long as the Retry-After header says.")

    def __init__(self, standing: Standing) -> None:
        super().__init__(headers={"Retry-After": str(max(1, standing.reset)), **standing.headers()})


class Gate:
    """Counts what passes under the name of a limit."""

    def __init__(self, rates: Mapping[str, str]) -> None:
        self._rates = {name: parse(rate) for name, rate in rates.items()}
        self._counts = FixedWindowRateLimiter(MemoryStorage())

    def enter(self, name: str, who: str) -> Standing:
        """Count one more. Raises TooManyRequests when that is one too many."""
        passed = self._counts.hit(self._rates[name], name, who)
        standing = self.look(name, who)
        if not passed:
            raise TooManyRequests(standing)
        return standing

    def look(self, name: str, who: str) -> Standing:
        rate = self._rates[name]
        window = self._counts.get_window_stats(rate, name, who)
        return Standing(rate.amount, window.remaining, max(0, math.ceil(window.reset_time - time.time())))

    def check(self, name: str, who: str) -> None:
        """Refuse who has used a limit up, without counting this time."""
        standing = self.look(name, who)
        if standing.remaining == 0:
            raise TooManyRequests(standing)


def address_of(request: HTTPConnection, trusted_proxies: int) -> str:
    """Where the request comes from: what our own outermost proxy saw, or the other end of the connection."""
    hops = [hop.strip() for hop in ",".join(request.headers.getlist("x-forwarded-for")).split(",") if hop.strip()]
    if trusted_proxies and len(hops) >= trusted_proxies:
        return hops[-trusted_proxies]
    return request.client.host if request.client else ""


def sender(request: HTTPConnection) -> str:
    return address_of(request, request.app.state.settings.trusted_proxies)


def limited(name: str) -> Callable[[Request], Any]:
    """A dependency that counts each request by its address."""

    async def count(request: Request) -> None:
        request.state.standing = request.app.state.gate.enter(name, sender(request))

    return count
