"""Clients that hold one connection each and send one request after another, as many at once as are wanted."""

import http.client
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, NamedTuple

from services.quickstart.ports import LOOPBACK

Json = dict[str, Any]

KEPT_ALIVE_SECONDS = 3
"""Less than the five after which uvicorn ends a connection on which nothing comes."""


class Call(NamedTuple):
    path: str
    body: Json


class Caller:
    """One client with one connection that is kept."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
        self._used = time.monotonic()
        self._headers = {"Content-Type": "application/json", **(headers or {})}

    def send(self, method: str, path: str, body: Any = None) -> Json:
        return self.send_text(method, path, None if body is None else json.dumps(body))

    def send_text(self, method: str, path: str, body: str | None) -> Json:
        if time.monotonic() > self._used + KEPT_ALIVE_SECONDS:
            self._connection.close()  # the server is about to; the next request opens it again
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        said, self._used = answer.read(), time.monotonic()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {said.decode()}")
        found: Json = json.loads(said) if answer.headers.get_content_subtype() == "json" else {}
        return found

    def post(self, path: str, body: Any) -> Json:
        return self.send("POST", path, body)

    def close(self) -> None:
        self._connection.close()


class Load(NamedTuple):
    per_second: float
    seconds: list[float]
    """How long each call took."""


def posted(port: int, headers: Mapping[str, str], calls: Sequence[Call], clients: int) -> Load:
    """Send these calls by so many clients at once, each by its own connection that is open already.

    Each client has a stretch of them: different people book for different processes.
    """
    share, rest = divmod(len(calls), clients)
    if rest:
        raise ValueError("The clients' shares are alike.")

    def send(share: Sequence[Call]) -> list[float]:
        with closing(Caller(port, headers)) as caller:
            return [_timed(caller, call) for call in share]

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        shares = list(pool.map(send, [calls[first : first + share] for first in range(0, len(calls), share)]))
    return Load(len(calls) / (time.perf_counter() - began), [one for share in shares for one in share])


def _timed(caller: Caller, call: Call) -> float:
    began = time.perf_counter()
    caller.post(call.path, call.body)
    return time.perf_counter() - began
