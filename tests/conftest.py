"""What tests share, made once a run: real servers, from the wheels of the quick start, and a practice with a past."""

import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import redis
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from services.local import postgres, redis_server
from services.local.binaries import find_programs, make_open_folder, unprivileged_account
from services.local.ports import free_port
from services.local.postgres import PostgresServer
from services.local.processes import Program, start, stop, wait_until
from services.local.redis_server import RedisServer
from services.migration import create_database
from tests.integration.practice import running_practice
from tests.smtp_catcher import SmtpCatcher

FreshDatabase = Callable[[str], str]


TOGETHER = {
    "faults": ("tests/faults/",),
    "story": ("tests/integration/test_rebuild.py", "tests/integration/test_whole_practice.py", "tests/web/"),
}
"""Those that share what takes long to make: the practice that is broken, and the one whose story is played."""


class Grouped(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Where several processes share the tests: a file stays in one, and so do those that belong together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((group for group, places in TOGETHER.items() if file.startswith(places)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Grouped:
    return Grouped(config, log)


class DatabaseServer(PostgresServer):
    def create_database(self, name: str) -> str:
        """Make the database and say its address."""
        create_database(self.url(name))
        return self.url(name)


@contextmanager
def running(program: Program, answers: Callable[[], bool]) -> Iterator[None]:
    child = start(program)
    try:
        wait_until(answers, [child], what=program.name, seconds=30)
        yield
    finally:
        stop([child])


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseServer]:
    """PostgreSQL; ``url(database)`` names the driver, as SQLAlchemy wants it."""
    home, account = tmp_path_factory.mktemp("postgres"), unprivileged_account()
    programs, folder = find_programs(home, account), home / "data"
    server = DatabaseServer(port=free_port(), password=secrets.token_urlsafe(16))
    postgres.prepare(folder, programs, account, server.password)
    program = postgres.program(folder, programs, account, server, log=home / "log")
    with running(program, partial(postgres.answers, server)):
        yield server


@pytest.fixture
def fresh_database(postgres_server: DatabaseServer) -> FreshDatabase:
    """``fresh_database("booking")`` is the address of a new, empty database."""
    return lambda prefix: postgres_server.create_database(f"{prefix}_{secrets.token_hex(4)}")


@pytest.fixture(scope="session")
def redis_server_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    home, account = tmp_path_factory.mktemp("redis"), unprivileged_account()
    server = RedisServer(port=free_port(), password=secrets.token_urlsafe(16))
    redis_server.prepare(home / "data", account)
    program = redis_server.program(home / "data", find_programs(home, account), account, server, log=home / "log")
    with running(program, partial(redis_server.answers, server)):
        yield server


@pytest.fixture(scope="session")
def redis_url(redis_server_of_this_run: RedisServer) -> str:
    """One server for the whole run: use queue names of your own, or ask for ``empty_redis``."""
    return redis_server_of_this_run.url


@pytest.fixture
def empty_redis(redis_url: str) -> str:
    """The same server with nothing in it."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    return redis_url


@pytest.fixture
def smtp_catcher() -> Iterator[SmtpCatcher]:
    catcher = SmtpCatcher()
    catcher.open()
    yield catcher
    catcher.close()


@pytest.fixture(scope="session")
def with_story(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """``with_story(folder)`` is that folder, with a practice in which the demo's story has been played: once a run."""
    played = tmp_path_factory.mktemp("story") / "data"
    with running_practice(played, "--demo", seconds=600):
        pass

    def copy(folder: Path) -> Path:
        make_open_folder(folder)
        subprocess.run(["cp", "--archive", f"{played}/.", folder], check=True)
        return folder

    return copy
