"""What lies in Redis, as whoever opens it can read it."""

import re
from base64 import b64decode
from collections.abc import Callable

from redis import Redis

BODY = re.compile(r'"body": "([A-Za-z0-9+/=]*)"')
"""Celery writes what a message says as base64."""


def held_by(server: Redis) -> str:
    """All that it holds, whatever its kind. The client decodes answers."""
    readers: dict[str, Callable[[str], object]] = {
        "string": server.get,
        "list": lambda key: server.lrange(key, 0, -1),
        "set": server.smembers,
        "zset": lambda key: server.zrange(key, 0, -1),
        "hash": server.hgetall,
    }
    kinds = {str(key): str(server.type(key)) for key in server.scan_iter()}
    held = str([(key, readers[kind](key)) for key, kind in kinds.items() if kind != "none"])
    return BODY.sub(lambda found: f'"body": {b64decode(found[1]).decode()}', held)
