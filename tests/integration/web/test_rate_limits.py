"""The strict rate limits of several processes: one count in Redis, and each its own while Redis is away."""

import hashlib
import socket
import time
from collections.abc import Iterator

import pytest
import redis

from services.quickstart.ports import free_port
from services.web.security.rate_limits import GENERAL, RateLimiter, TooManyRequests

RATES = {"logins": "4/hour", GENERAL: "4/hour"}
ADDRESS = "203.0.113.5"
KEY = b"of this service"


def tries(processes: list[RateLimiter], name: str, who: str = ADDRESS, times: int = 6) -> int:
    """How many of these tries, made at the processes in turn, are let pass."""
    passed = 0
    for number in range(times):
        try:
            processes[number % len(processes)].enter(name, who)
        except TooManyRequests:
            continue
        passed += 1
    return passed


def test_a_second_process_does_not_double_a_strict_limit(empty_redis: str) -> None:
    processes = [RateLimiter(RATES, KEY, empty_redis) for _ in range(3)]

    assert tries(processes, "logins") == 4
    assert tries([RateLimiter(RATES, KEY, empty_redis)], "logins", times=1) == 0
    with pytest.raises(TooManyRequests) as refused:
        RateLimiter(RATES, KEY, empty_redis).enter("logins", ADDRESS)
    assert 0 < int(refused.value.headers["Retry-After"]) <= 3600
    assert tries(processes, "logins", "203.0.113.6") == 4
    assert tries(processes, GENERAL) == 6, "that one spares each process by itself"


def test_redis_is_told_no_address_and_keeps_nothing_for_ever(empty_redis: str) -> None:
    RateLimiter(RATES, KEY, empty_redis).enter("logins", ADDRESS)

    with redis.Redis.from_url(empty_redis, decode_responses=True) as client:
        keys = list(client.scan_iter("*"))
        assert keys
        guess = hashlib.sha256(ADDRESS.encode()).hexdigest()  # by whoever tries all addresses
        assert not any(ADDRESS in key or guess in key for key in keys)
        assert all(0 < client.ttl(key) <= 3600 for key in keys)


def test_what_passed_before_redis_was_emptied_is_not_forgotten_by_the_process(empty_redis: str) -> None:
    process = RateLimiter(RATES, KEY, empty_redis)
    assert tries([process], "logins", times=3) == 3

    with redis.Redis.from_url(empty_redis) as client:
        client.flushall()

    assert tries([process], "logins") == 1


@pytest.fixture
def deaf() -> Iterator[str]:
    """What takes connections and never answers, as a Redis that is frozen."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.mark.parametrize("kind", ["refuses", "deaf", "unknown host", "sentinel"])
def test_while_redis_is_away_each_process_counts_for_itself_and_nobody_waits_long(deaf: str, kind: str) -> None:
    url = {
        "refuses": f"redis://127.0.0.1:{free_port()}/0",
        "deaf": deaf,
        "unknown host": "redis://redis.invalid:6379/0",
        "sentinel": "sentinel://127.0.0.1:26379/0",
    }[kind]
    process = RateLimiter(RATES, KEY, url)
    began = time.monotonic()

    assert tries([process], "logins", times=50) == 4
    assert time.monotonic() - began < 3
