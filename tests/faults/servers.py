"""A PostgreSQL and a Redis server that a test may kill, freeze and start again, always on the same port."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

from services.quickstart import postgres
from services.quickstart import redis as redis_server
from services.quickstart.binaries import find_programs
from services.quickstart.ports import free_port
from services.quickstart.postgres import PostgresServer
from services.quickstart.redis import RedisServer
from services.runtime.processes import Account, Child, has_ended, start, stop
from tests.support.practice import eventually

PASSWORD = "only-here"


@dataclass
class BreakablePostgres:
    folder: Path
    programs: Path
    account: Account | None
    server: PostgresServer = field(default_factory=lambda: PostgresServer(free_port(), PASSWORD))
    child: Child | None = None

    def start(self) -> None:
        postgres.prepare_postgres(self.folder / "data", self.programs, self.account, self.server.password)
        place = (self.folder / "data", self.programs, self.account, self.server)
        self.child = start(postgres.postgres_server_program(*place, log=self.folder / "log"))
        eventually(lambda: postgres.postgres_answers(self.server), what="PostgreSQL's start")

    def stop(self, ending: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is its fast shutdown, SIGQUIT the immediate one, which recovers at the next start."""
        assert self.child
        self.child.process.send_signal(ending)
        eventually(lambda: self.child and has_ended(self.child), what="PostgreSQL's end")
        stop([self.child])

    def restart_at_once(self) -> None:
        self.stop(signal.SIGQUIT)
        self.start()

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.server.url(database).replace("+psycopg", ""), autocommit=True)

    def cut_connections(self, database: str) -> None:
        with self.connect() as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])

    @contextmanager
    def closed(self, database: str) -> Iterator[None]:
        """Nobody gets into this one database; the others go on."""
        self._allow(database, "false")
        self.cut_connections(database)
        try:
            yield
        finally:
            self._allow(database, "true")

    def _allow(self, database: str, whether: str) -> None:
        with self.connect() as connection:
            connection.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS {whether}".encode())


@dataclass
class BreakableRedis:
    folder: Path
    programs: Path
    account: Account | None
    server: RedisServer = field(default_factory=lambda: RedisServer(free_port(), PASSWORD))
    child: Child | None = None

    def start(self) -> None:
        redis_server.prepare_redis(self.folder / "data", self.account)
        place = (self.folder / "data", self.programs, self.account, self.server)
        self.child = start(redis_server.redis_program(*place, log=self.folder / "log"))
        eventually(lambda: redis_server.redis_answers(self.server), what="Redis's start")

    def kill(self) -> None:
        assert self.child
        self.child.process.kill()
        stop([self.child])

    def stop(self) -> None:
        assert self.child
        stop([self.child])

    @contextmanager
    def down(self) -> Iterator[None]:
        self.kill()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        assert self.child
        self.child.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.child.process.send_signal(signal.SIGCONT)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Nothing more can be written, and nothing is thrown away for it."""
        with self.client() as client:
            client.config_set("maxmemory", "1")
        try:
            yield
        finally:
            with self.client() as client:
                client.config_set("maxmemory", "0")

    def flush(self) -> None:
        with self.client() as client:
            client.flushall()

    def client(self, *, decode_responses: bool = False) -> redis.Redis:
        return redis.Redis.from_url(self.server.url, decode_responses=decode_responses)


@contextmanager
def breakable_servers(home: Path, account: Account | None) -> Iterator[tuple[BreakablePostgres, BreakableRedis]]:
    programs = find_programs(home, account)
    (home / "postgres").mkdir()
    database = BreakablePostgres(home / "postgres", programs, account)
    broker = BreakableRedis(home / "redis", programs, account)
    database.start()
    try:
        broker.start()
        try:
            yield database, broker
        finally:
            broker.stop()
    finally:
        database.stop()


def last(seconds: float) -> Iterator[float]:
    """The time that a fault takes, in short pieces."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        yield left
        time.sleep(min(0.1, left))
