"""A Redis-compatible server of our own (Valkey): append-only, refusing to forget, with a password."""

import os
from dataclasses import dataclass
from pathlib import Path

import redis

from services.local.binaries import BARE_ENVIRONMENT, Account, valkey_program
from services.local.processes import Program

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir .
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


@dataclass(frozen=True)
class RedisServer:
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


def prepare(folder: Path, account: Account | None) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account:
        os.chown(folder, *account)


def program(
    folder: Path, programs: Path, account: Account | None, server: RedisServer, log: Path | None = None
) -> Program:
    return Program(
        name="redis",
        arguments=[valkey_program(programs), "-"],
        input=CONFIGURATION.format(port=server.port, password=server.password),
        environment=BARE_ENVIRONMENT,
        folder=folder,
        account=account,
        log=log,
    )


def answers(server: RedisServer) -> bool:
    with redis.Redis.from_url(server.url, socket_timeout=2, socket_connect_timeout=2) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:  # also while it still loads its file
            return False
