"""How much one network may ask: a generous general limit, and strict ones where guessing or filling up would pay.

The general limit spares the process that it is asked of, so each counts for itself. The strict ones hold for all
processes together: they are counted in Redis, and in the memory of each process too, for when Redis is away or empty.
"""

import hmac
import math
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Annotated, Any, NamedTuple, TypeVar
from uuid import UUID

from fastapi import Depends
from limits import parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.requests import HTTPConnection, Request

from services.core.encryption import keys_for
from services.core.logs import logger
from services.core.settings import ServiceSettings
from services.web.errors.problems import Problem
from services.web.i18n.language import Text

log = logger(__name__)

T = TypeVar("T")

GENERAL = "general"
PURPOSE = "tyonohjaus: whom limits count"
PATIENCE = 0.25
"""How many seconds a request waits for Redis."""
LEFT_ALONE = 5.0
"""How many seconds Redis is not asked again after it did not answer."""


class Allowance(NamedTuple):
    """How much of a limit is left, and for how many seconds."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        return {f"RateLimit-{name.capitalize()}": str(value) for name, value in self._asdict().items()}


class TooManyRequests(Problem):
    """That was too much in a short time."""

    status = 429
    finnish = "Pyyntöjä tuli liian monta lyhyessä ajassa."
    advice = Text(
        fi="Odota hetki ja yritä sitten uudelleen. Otsake Retry-After kertoo, montako sekuntia.",
        en="Wait as long as the Retry-After header says, and try again.",
    )

    def __init__(self, standing: Allowance) -> None:
        super().__init__(headers={"Retry-After": str(max(1, standing.reset)), **standing.headers()})


class RateLimiter:
    """Counts what passes under the name of a limit. Without `redis_url` each process counts alone.

    Whoever is counted is known by a digest only, which without `key` nobody can find by trying all addresses.
    """

    def __init__(self, rates: Mapping[str, str], key: bytes, redis_url: str = "") -> None:
        self._rates = {name: parse(rate) for name, rate in rates.items()}
        self._key = key
        self._redis_url = "" if redis_url.startswith("sentinel:") else redis_url  # which is for Celery alone to read
        self._asked_again_at = 0.0

    @cached_property
    def _own(self) -> FixedWindowRateLimiter:
        """Not made before it is needed: it starts a thread for a moment, and a process with threads can't be forked."""
        return FixedWindowRateLimiter(MemoryStorage())

    @cached_property
    def _shared(self) -> FixedWindowRateLimiter:
        from redis.backoff import NoBackoff  # noqa: PLC0415 -- megabytes that only those who count need
        from redis.retry import Retry  # noqa: PLC0415

        options: dict[str, Any] = {
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "retry": Retry(NoBackoff(), 0),
        }
        return FixedWindowRateLimiter(RedisStorage(self._redis_url, wrap_exceptions=True, **options))

    def digest(self, who: str) -> str:
        return hmac.digest(self._key, who.encode(), "sha256").hex()

    def enter(self, name: str, who: str) -> Allowance:
        """Count one more. Raises TooManyRequests when that is one too many."""
        rate, key = self._rates[name], self.digest(who)
        passed = all(self._ask(name, lambda counts: counts.hit(rate, name, key)))
        standing = self.look(name, who)
        if not passed:
            raise TooManyRequests(standing)
        return standing

    def look(self, name: str, who: str) -> Allowance:
        rate, key = self._rates[name], self.digest(who)
        windows = self._ask(name, lambda counts: counts.get_window_stats(rate, name, key))
        window = min(windows, key=lambda window: (window.remaining, -window.reset_time))
        return Allowance(rate.amount, window.remaining, max(0, math.ceil(window.reset_time - time.time())))

    def _ask(self, name: str, question: Callable[[FixedWindowRateLimiter], T]) -> list[T]:
        """What this process says, and what all of them do, if Redis answers."""
        answers = [question(self._own)]
        if name != GENERAL and self._redis_url and time.monotonic() >= self._asked_again_at:
            try:
                answers.append(question(self._shared))
            except StorageError as error:
                self._asked_again_at = time.monotonic() + LEFT_ALONE
                log.warning("limits.counted_alone", kind=type(error.storage_error).__name__)
        return answers


def limits_key(settings: ServiceSettings) -> bytes:
    """A new key counts anew."""
    return keys_for(settings.own_keys, PURPOSE)[0]


def address_of(request: HTTPConnection, trusted_proxies: int) -> str:
    """Where the request comes from: what our own outermost proxy saw, or the other end of the connection."""
    hops = [hop.strip() for hop in ",".join(request.headers.getlist("x-forwarded-for")).split(",") if hop.strip()]
    if trusted_proxies and len(hops) >= trusted_proxies:
        return hops[-trusted_proxies]
    return request.client.host if request.client else ""


def network_of(address: str) -> str:
    """Whom a limit counts: an IPv4 address, or the /64 within which an IPv6 subscriber chooses freely (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))


def sender(request: HTTPConnection) -> str:
    return network_of(address_of(request, request.app.state.settings.trusted_proxies))


def sender_digest(request: HTTPConnection) -> str:
    """What may be written down of a sender."""
    gate: RateLimiter = request.app.state.gate
    return gate.digest(sender(request))


def limited(name: str) -> Callable[[Request], Any]:
    """A dependency that counts each request by its network, in a thread: it may have to wait for Redis."""

    def count(request: Request) -> None:
        request.state.standing = request.app.state.gate.enter(name, sender(request))

    return count


class Counter:
    """Counts against the limit of one name."""

    def __init__(self, gate: RateLimiter) -> None:
        self._gate = gate

    def __call__(self, name: str, whose: UUID, by: str = "") -> None:
        self._gate.enter(name, f"{whose}/{by}" if by else str(whose))


async def _counter(request: Request) -> Counter:
    return Counter(request.app.state.gate)


Count = Annotated[Counter, Depends(_counter)]
"""``count("changes", person.id)`` counts what one person's own links and logins cause, once it is known who that is.

What somebody else does to them is counted apart, by the credential that did it: whoever holds a link can't use up what
its owner is to be protected with.
"""
