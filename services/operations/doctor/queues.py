"""Whether Redis answers, would rather refuse than forget, and writes nothing down."""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import redis

from services.operations.doctor.finding import Finding

FULL = 0.9


def check() -> Iterator[Finding]:
    """A sentinel:// is for Celery alone to understand: whether the readers answer says enough then."""
    url = os.environ.get("REDIS_URL", "")
    if not url or url.startswith("sentinel"):
        return
    try:
        with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
            yield from check_memory(client.info("memory"))
            yield from check_persistence(client)
    except (redis.RedisError, ValueError) as error:
        yield Finding(
            f"Redis does not answer ({type(error).__name__}).",
            "See that it runs and REDIS_URL is right. Nothing is lost meanwhile: letters and reports wait for it.",
        )


def check_memory(info: dict[str, Any]) -> Iterator[Finding]:
    if (policy := info["maxmemory_policy"]) != "noeviction":
        yield Finding(
            f"Redis drops what it holds when its memory is full (maxmemory-policy {policy}).",
            "Set maxmemory-policy noeviction, in its configuration and by CONFIG SET.",
        )
    if info["maxmemory"] and info["used_memory"] > FULL * info["maxmemory"]:
        yield Finding(
            "The memory of Redis is almost full.", "See which worker no longer empties its queue, or raise maxmemory."
        )


def check_persistence(client: "redis.Redis") -> Iterator[Finding]:
    info: dict[str, Any] = client.info("persistence")
    if info["aof_enabled"] or has_snapshots(client):
        yield Finding(
            "Redis writes what passes through it to its disk, where no erasure reaches it.",
            'Set appendonly no and save "", and delete its files. Nothing is lost without them.',
        )
    if "err" in (info.get("aof_last_write_status"), info["rdb_last_bgsave_status"]):
        yield Finding("Redis can't write its file.", "See whether its disk is full, and whether it may write there.")


def has_snapshots(client: "redis.Redis") -> bool:
    """Where it does not tell, it is somebody else's to know."""
    with suppress(redis.ResponseError):
        return bool(client.config_get("save").get("save"))
    return False
