"""Senders that flood, dawdle or guess meet a real server process: it refuses them, stays small, and serves others."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.databases import DatabaseServer
from tests.integration.conftest import credentials_form

PATIENCE = 60
DAWDLERS = 150
GROWTH = 40_000
"""By how many kilobytes a server may grow under what it refuses."""


@dataclass
class Served:
    """Booking's HTTP face, as it is served in production."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def peak(self) -> int:
        """The most memory that the process ever had, in kilobytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index]  # Linux always tells it

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def is_up(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/healthz").is_success
        return False


@pytest.fixture(scope="module")
def served(
    postgres_server: DatabaseServer, keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with postgres_server.migrated("booking") as database:
        yield from serving(database, keys, tmp_path_factory.mktemp("served"))


def serving(database: str, keys: dict[str, str], folder: Path) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    told = {
        "BOOKING_DATABASE_URL": database,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "serve", "booking", "--port", str(port)],
            env=os.environ | keys | told,
            stderr=log,
        )
    try:
        served, deadline = Served(port, process), time.monotonic() + PATIENCE
        while not served.is_up():
            assert process.poll() is None, "ended before it served"
            assert time.monotonic() < deadline, "serves too late"
            time.sleep(0.05)
        yield served
    finally:
        process.terminate()
        process.wait(PATIENCE)


def sent(served: Served, head: bytes, piece: bytes, pieces: int) -> bytes:
    """What the server answers to a head and so many pieces, or to as many as it takes."""
    with served.connect() as connection:
        with suppress(ConnectionError):
            connection.sendall(head)
            for _ in range(pieces):
                connection.sendall(piece)
        with suppress(ConnectionError):
            return connection.recv(1000)
    return b""


POST = b"POST /api/v1/logins HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("head", "piece", "pieces", "status"),
    [
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 0x10000 + b"\r\n", 1600, b"413"),
        (POST + b"Content-Length: 1000001\r\n\r\n", b"x" * 100_000, 10, b"413"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Flood: ", b"x" * 65_536, 1600, b"4"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"X-Flood: x\r\n" * 5_000, 1600, b"4"),
        (b"GET /", b"x" * 65_536, 1600, b"4"),
    ],
    ids=["a body without a length", "a body that says its length", "a long header", "many headers", "a long address"],
)
def test_a_flood_is_refused_and_not_kept(served: Served, head: bytes, piece: bytes, pieces: int, status: bytes) -> None:
    before = served.peak()

    answer = sent(served, head, piece, pieces)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 " + status), answer
    assert answer != b"" or not status.startswith(b"413")
    assert served.peak() - before < GROWTH
    assert served.is_up()


@pytest.mark.parametrize(
    "half",
    [
        b"GET / HTTP/1.1\r\nHost",
        POST + b'Content-Length: 20\r\n\r\n{"em',
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\ngrant_type=client",
    ],
    ids=["half a head", "half a JSON body", "half a form"],
)
def test_slow_senders_hold_up_nobody(served: Served, keys: dict[str, str], half: bytes) -> None:
    form = credentials_form(keys["ADMIN_CLIENT_ID"], keys["ADMIN_CLIENT_SECRET"])
    with ExitStack() as dawdlers:
        for _ in range(DAWDLERS):
            dawdlers.enter_context(served.connect()).sendall(half)

        assert httpx.post(f"{served.url}/oauth/token", data=form, timeout=PATIENCE / 2).status_code == 200
        assert httpx.get(f"{served.url}/kirjaudu", timeout=PATIENCE / 2).status_code == 200


GUESSES: dict[str, tuple[int, Callable[[int], httpx.Request]]] = {
    "secrets": (20, lambda n: httpx.Request("POST", "/oauth/token", data=credentials_form("a", str(n)))),
    "logins by a form": (30, lambda n: httpx.Request("POST", "/kirjaudu", data={"email": f"a{n}@example.fi"})),
}


@pytest.mark.parametrize("what", GUESSES)
def test_guessing_ends_soon_also_for_who_claims_to_be_somebody_else_each_time(served: Served, what: str) -> None:
    allowed, guess = GUESSES[what]
    with httpx.Client() as api:
        answers = [
            api.request(
                asked.method,
                served.url + str(asked.url),
                content=asked.read(),
                headers={
                    "Content-Type": asked.headers["Content-Type"],
                    "Sec-Fetch-Site": "same-origin",
                    "X-Forwarded-For": f"203.0.113.{number}",
                },
            )
            for number in range(allowed + 5)
            for asked in [guess(number)]
        ]

    assert {answer.status_code for answer in answers[allowed:]} == {429}
    assert 429 not in {answer.status_code for answer in answers[: allowed - 5]}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers[allowed:])
