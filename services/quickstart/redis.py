"""A Redis-compatible server of our own (Valkey): nothing of it on a disk, refusing to forget, with a password."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import redis

from services.quickstart.binaries import BARE_ENVIRONMENT, valkey_program
from services.runtime.processes import Account, Program

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir .
appendonly no
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


def prepare_redis(folder: Path, account: Account | None) -> None:
    """What a version before 0.2 left of its queues goes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.rmtree(folder / "appendonlydir", ignore_errors=True)
    if account:
        os.chown(folder, *account)


def redis_program(
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


def redis_answers(server: RedisServer) -> bool:
    with redis.Redis.from_url(server.url, socket_timeout=2, socket_connect_timeout=2) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
