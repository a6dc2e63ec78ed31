"""What tests share, made once a run: real servers, from the wheels of the quick start, and a practice with a past."""

import inspect
import os
import secrets
import signal
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
import redis
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from services.quickstart import postgres
from services.quickstart import redis as redis_server
from services.quickstart.binaries import find_programs, make_open_folder, unprivileged_account
from services.quickstart.ports import free_port
from services.quickstart.redis import RedisServer
from services.runtime.processes import Program, start, stop, wait_until
from tests.databases import DatabaseServer
from tests.support.practice import running_practice
from tests.support.smtp_catcher import SmtpCatcher
from tests.support.start import Start

FreshDatabase = Callable[[str], str]
T = TypeVar("T")


TOGETHER = {
    "faults of servers": (
        "tests/faults/test_broken_postgres.py",
        "tests/faults/test_broken_redis.py",
        "tests/faults/test_full_disk.py",
        "tests/faults/test_mail_server.py",
    ),
    "faults of processes": (
        "tests/faults/test_absent_worker.py",
        "tests/faults/test_clock.py",
        "tests/faults/test_deploy.py",
        "tests/faults/test_killed_processes.py",
        "tests/faults/test_repeated_events.py",
        "tests/faults/test_storm.py",
    ),
    "story": ("tests/integration/whole/test_whole_practice.py", "tests/integration/operations/test_rebuild.py"),
    "supervisors' pages": (
        "tests/web/test_every_page.py",
        "tests/web/test_supervisor_day.py",
        "tests/web/test_supervisor_processes.py",
    ),
    "other pages": ("tests/web/",),
    "installation": (
        "tests/integration/operations/test_doctor.py",
        "tests/integration/whole/test_readme.py",
        "tests/integration/whole/test_privacy.py",
        "tests/integration/whole/test_main_job.py",
        "tests/integration/whole/test_access.py",
    ),
    "containers": ("tests/e2e/",),
    "starts": ("tests/integration/quickstart/test_up.py",),
    "openapi": ("tests/integration/web/test_openapi.py",),
}
"""Those that share what takes long to make, in the order in which they don't disturb each other, and those that take
long by themselves: a run begins with them, in this order, because what begins last is left alone with the machine."""

SLOW = ("tests/faults/", "tests/web/", "tests/e2e/")
STARTERS = {running_practice.__name__, Start.__name__, Program.__name__, "Popen"}
"""What starts processes. A test that calls one of these, itself or in a fixture, is slow too; where a function between
them hides it, the mark stands at the test."""

LONG_SECONDS = 2


def group_of(nodeid: str) -> tuple[str, int]:
    """With whom a test belongs together, or else with its file; and its place there."""
    file = nodeid.partition("::")[0]
    for group, places in TOGETHER.items():
        for place, beginning in enumerate(places):
            if file.startswith(beginning):
                return group, place
    return file, 0


class Grouped(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Where several processes share the tests: those that belong together stay in one."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that belong together run one after the other, in their order, before all others."""
    order = {group: number for number, group in enumerate(TOGETHER)}

    def position(item: pytest.Item) -> tuple[int, int]:
        group, place = group_of(item.nodeid)
        return order.get(group, len(order)), place

    items.sort(key=position)


SHARED = pytest.StashKey[tuple[ExitStack, dict[str, Any]]]()


def shared(request: pytest.FixtureRequest, name: str, make: Callable[[], AbstractContextManager[T]]) -> T:
    """What is made for the first file of those that belong together, and kept until the last of them is done."""
    open_, made = request.config.stash.setdefault(SHARED, (ExitStack(), {}))
    if name not in made:
        made[name] = open_.enter_context(make())
    found: T = made[name]
    return found


def end_shared(config: pytest.Config) -> None:
    open_, made = config.stash.get(SHARED, (ExitStack(), {}))
    made.clear()
    open_.close()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if nextitem is None or group_of(nextitem.nodeid)[0] != group_of(item.nodeid)[0]:
        end_shared(item.config)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Grouped:
    return Grouped(config, log)


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.nodeid.startswith(SLOW) or (isinstance(item, pytest.Function) and starts_processes(item)):
        item.add_marker("slow")


def starts_processes(item: pytest.Function) -> bool:
    fixtures = [fixture.func for found in item._fixtureinfo.name2fixturedefs.values() for fixture in found]
    called = [inspect.unwrap(function) for function in (item.function, *fixtures) if inspect.isfunction(function)]
    return any(STARTERS.intersection(function.__code__.co_names) for function in called)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI is true, nothing is skipped: what is missing there fails."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome, report.longrepr = "failed", f"skipped, where everything must be tried: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Beside `--durations`: what should be quick and is not, or belongs to the second lane."""
    calls = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call" and report.duration > LONG_SECONDS and "slow" not in report.keywords
    ]
    if calls:
        terminalreporter.section(f"warning: in one process, and over {LONG_SECONDS} s")
        for report in sorted(calls, key=lambda report: -report.duration):
            terminalreporter.line(f"{report.duration:6.1f} s  {report.nodeid}", yellow=True)


@contextmanager
def running(program: Program, answers: Callable[[], bool]) -> Iterator[None]:
    child = start(program)
    try:
        wait_until(answers, [child], what=program.name, seconds=30)
        yield
    finally:
        stop([child])


FORGETFUL = ("-c", "fsync=off", "-c", "full_page_writes=off")
"""What this server holds need not outlive it."""


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseServer]:
    home, account = tmp_path_factory.mktemp("postgres"), unprivileged_account()
    programs, folder = find_programs(home, account), home / "data"
    server = DatabaseServer(port=free_port(), password=secrets.token_urlsafe(16))
    postgres.prepare_postgres(folder, programs, account, server.password)
    program = postgres.postgres_server_program(folder, programs, account, server, log=home / "log")
    program = replace(program, arguments=[*program.arguments, *FORGETFUL], ending=signal.SIGQUIT)
    with running(program, partial(postgres.postgres_answers, server)):
        yield server


@pytest.fixture
def fresh_database(postgres_server: DatabaseServer) -> Iterator[FreshDatabase]:
    """``fresh_database("booking")`` is the address of a new, empty database, which is dropped after the test."""
    made: list[str] = []

    def make(prefix: str) -> str:
        made.append(f"{prefix}_{secrets.token_hex(4)}")
        return postgres_server.create_database(made[-1])

    yield make
    for name in made:
        postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def redis_server_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    home, account = tmp_path_factory.mktemp("redis"), unprivileged_account()
    server = RedisServer(port=free_port(), password=secrets.token_urlsafe(16))
    redis_server.prepare_redis(home / "data", account)
    program = redis_server.redis_program(home / "data", find_programs(home, account), account, server, log=home / "log")
    with running(program, partial(redis_server.redis_answers, server)):
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
