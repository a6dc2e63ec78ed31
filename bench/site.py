"""Where we measure: PostgreSQL, Redis and a mail server of our own, and processes of the services on them."""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from services.core.schema.migrate import create_database, migrate
from services.core.secrets import fresh_keys
from services.quickstart import postgres
from services.quickstart import redis as redis_server
from services.quickstart.binaries import find_programs, unprivileged_account
from services.quickstart.ports import LOOPBACK, free_port, is_free
from services.quickstart.postgres import PostgresServer
from services.quickstart.redis import RedisServer
from services.quickstart.up import is_ready
from services.runtime.processes import Account, Child, Program, start, stop, wait_until

PATIENCE_SECONDS = 120


@dataclass
class Site:
    folder: Path
    programs: Path
    postgres: PostgresServer
    redis: RedisServer
    smtp_port: int
    letters: Path
    """One line for each letter that the mail server took, in the order in which they came: see `bench.sink`."""
    keys: Mapping[str, str]
    stopping: ExitStack = field(repr=False)

    def database(self, name: str, service: str | None = None) -> str:
        """The address of a new database, in the newest shape of a service if one is named."""
        url = self.postgres.url(f"{name}_{secrets.token_hex(3)}")
        create_database(url)
        if service:
            migrate(service, url)
        return url

    def environment(self, databases: Mapping[str, str], **changes: str) -> dict[str, str]:
        """What services are told that have these databases, each under the name of its service."""
        return {
            **os.environ,
            **self.keys,
            **{f"{service.upper()}_DATABASE_URL": url for service, url in databases.items()},
            "PUBLIC_URL": f"http://{LOOPBACK}",
            "REDIS_URL": self.redis.url,
            "SMTP_URL": f"smtp://{LOOPBACK}:{self.smtp_port}",
            "MAIL_FROM": "Työnohjaus <ajat@example.fi>",
            "GENERAL_RATE": "100000000/minute",  # one address asks everything here
            **changes,
        }

    @contextmanager
    def serving(self, service: str, environment: Mapping[str, str], workers: int = 1) -> Iterator[int]:
        """The port of a service's HTTP face, as `tyonohjaus serve` runs it."""
        port = free_port()
        arguments = ["services.cli", "serve", service, "--port", str(port), "--workers", str(workers)]
        program = self.python(f"{service}-api", *arguments, environment=environment)
        with self.running(program, partial(is_ready, port, "/readyz")):
            yield port

    @contextmanager
    def working(self, service: str, environment: Mapping[str, str], concurrency: int = 1) -> Iterator[Child]:
        """A worker of a service, as `tyonohjaus work` runs it."""
        arguments = ["services.cli", "work", service, "--concurrency", str(concurrency)]
        child = start(self.python(f"{service}-worker", *arguments, environment=environment))
        try:
            yield child
        finally:
            stop([child])

    @contextmanager
    def running(self, program: Program, ready: Callable[[], bool]) -> Iterator[Child]:
        child = start(program)
        try:
            wait_until(ready, [child], what=program.name, seconds=PATIENCE_SECONDS)
            yield child
        finally:
            stop([child])

    def python(self, name: str, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Program:
        """A Python process; it must find `services` and `bench`, wherever it runs."""
        here = str(Path(__file__).parents[1])
        return Program(
            name=name,
            module=module,
            arguments=arguments,
            environment={**(environment or os.environ), "PYTHONPATH": here},
            folder=self.folder,
            log=self.folder / f"{name}.log",
            patience_seconds=30,
        )


@contextmanager
def opened(folder: Path) -> Iterator[Site]:
    folder.chmod(0o755)  # the servers' account passes through it
    account = unprivileged_account()
    programs, keys = find_programs(folder, account), fresh_keys()
    with ExitStack() as stopping:
        site = Site(
            folder=folder,
            programs=programs,
            postgres=PostgresServer(free_port(), keys["POSTGRES_PASSWORD"]),
            redis=RedisServer(free_port(), keys["REDIS_PASSWORD"]),
            smtp_port=free_port(),
            letters=folder / "letters",
            keys=keys,
            stopping=stopping,
        )
        _open_postgres(site, account)
        _open_redis(site, account)
        _open_sink(site)
        yield site


def _open_postgres(site: Site, account: Account | None) -> None:
    home = site.folder / "postgres"
    postgres.prepare_postgres(home, site.programs, account, site.postgres.password)
    program = postgres.postgres_server_program(
        home, site.programs, account, site.postgres, site.folder / "postgres.log"
    )
    site.stopping.enter_context(site.running(program, partial(postgres.postgres_answers, site.postgres)))


def _open_redis(site: Site, account: Account | None) -> None:
    home = site.folder / "redis"
    redis_server.prepare_redis(home, account)
    program = redis_server.redis_program(home, site.programs, account, site.redis, site.folder / "redis.log")
    site.stopping.enter_context(site.running(program, partial(redis_server.redis_answers, site.redis)))


def _open_sink(site: Site) -> None:
    program = site.python("sink", "bench.sink", str(site.smtp_port), str(site.letters))
    site.stopping.enter_context(site.running(program, lambda: not is_free(site.smtp_port)))
