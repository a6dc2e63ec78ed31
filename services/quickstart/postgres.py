"""A PostgreSQL server of our own: made once in a folder, started on a free port, durable, with a password.

The server lives in its folder as its current directory and never needs the path to it, so the folder may lie below one
that the server's account can't open.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from services.core.errors import OperatorError
from services.quickstart.binaries import BARE_ENVIRONMENT, postgres_program
from services.runtime.processes import Account, Program

ROLE = "tyonohjaus"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "io_method": "sync",  # without three more processes, for which there is too little to read
    "max_logical_replication_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "fsync": "on",
    "synchronous_commit": "on",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",  # a statement may hold personal data
}


@dataclass(frozen=True)
class PostgresServer:
    port: int
    password: str

    def url(self, database: str = "postgres") -> str:
        """As the role that owns everything."""
        return self.url_of(ROLE, self.password, database)

    def url_of(self, role: str, password: str, database: str) -> str:
        return f"postgresql+psycopg://{role}:{password}@127.0.0.1:{self.port}/{database}"


class CannotMakeDatabase(OperatorError):
    """initdb failed."""


class OtherVersion(OperatorError):
    """The data were written by another version of PostgreSQL."""


class OtherPassword(OperatorError):
    """The database was made with another password than the one in secrets.env beside it: bring that file back."""


class OtherOwner(OperatorError):
    """The data belong to somebody else than the one who starts the server."""


class StillRunning(OperatorError):
    """An earlier PostgreSQL still runs on the data."""


def prepare_postgres(folder: Path, programs: Path, account: Account | None, password: str) -> None:
    """Make the database in ``folder`` unless it is there, and see to what a killed run has left."""
    with preparing_postgres(folder, programs, account, password):
        pass


@contextmanager
def preparing_postgres(folder: Path, programs: Path, account: Account | None, password: str) -> Iterator[None]:
    """What `prepare_postgres` does; something else may be done while the database is made."""
    if folder.exists():
        _check_owner(folder, account)
        _check_version(folder, programs)
        _settle_leftovers(folder)
        yield
        return
    draft = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    if account:
        os.chown(draft, *account)
    with _initialising(draft, programs, account, password):
        yield
    draft.rename(folder)


def postgres_server_program(
    folder: Path, programs: Path, account: Account | None, server: PostgresServer, log: Path | None = None, **more: str
) -> Program:
    """The server with our settings, and with more of them."""
    settings = [part for name, value in (SETTINGS | more).items() for part in ("-c", f"{name}={value}")]
    return Program(
        name="postgres",
        arguments=[postgres_program(programs, "postgres"), "-D", _here(folder), "-p", str(server.port), *settings],
        environment=BARE_ENVIRONMENT,
        folder=folder,
        account=account,
        ending=signal.SIGINT,  # the fast shutdown: ends connections, keeps everything
        orphaned=signal.SIGINT,
        patience_seconds=30,
        log=log,
    )


def postgres_answers(server: PostgresServer) -> bool:
    try:
        psycopg.connect(server.url().replace("+psycopg", ""), connect_timeout=2).close()
    except psycopg.OperationalError as error:
        if "password" in str(error):
            raise OtherPassword from None
        return False
    return True


def _here(folder: Path) -> str:
    """The server's current directory, by a name that needs no right on the folders above."""
    return "/proc/self/cwd" if sys.platform == "linux" else str(folder)


@contextmanager
def _initialising(folder: Path, programs: Path, account: Account | None, password: str) -> Iterator[None]:
    reading, writing = os.pipe()  # a password on a command line could be read by everyone
    if account:
        os.fchown(reading, *account)
    with os.fdopen(reading, "rb") as source, os.fdopen(writing, "wb") as sink:
        sink.write(password.encode())
        sink.close()
        making = subprocess.Popen(
            [
                *(postgres_program(programs, "initdb"), "-D", _here(folder)),
                *("--username", ROLE, "--pwfile=/dev/stdin", "--auth=scram-sha-256"),
                *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            stdin=source,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=BARE_ENVIRONMENT,
            user=account.user if account else None,
            group=account.group if account else None,
            extra_groups=[] if account else None,
        )
    try:
        yield
        _, errors = making.communicate()
    finally:
        making.kill()
        making.wait()
    if making.returncode != 0:
        said = errors.strip() or f"exit code {making.returncode}"
        raise CannotMakeDatabase(f"PostgreSQL can't make its database: {' '.join(said.split())}")


def _check_owner(folder: Path, account: Account | None) -> None:
    ours = account.user if account else os.geteuid()
    if (theirs := folder.stat().st_uid) != ours:
        raise OtherOwner(f"{folder} belongs to user {theirs}, not to {ours}, as whom PostgreSQL would run now.")


def _check_version(folder: Path, programs: Path) -> None:
    with_version = (folder / "PG_VERSION").read_text().strip()
    postgres = postgres_program(programs, "postgres")
    said = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True)
    ours = said.stdout.split()[-1].split(".")[0]
    if with_version != ours:
        raise OtherVersion(
            f"{folder} was written by PostgreSQL {with_version}, and this is {ours}: dump and restore it, "
            "or name another folder by --data."
        )


def _settle_leftovers(folder: Path) -> None:
    """Wait for a server that is still going down; take a dead one's number out of its lock file.

    The number may by now belong to some other process, for which PostgreSQL would refuse to start. Our own number is
    that of its parent, which it takes for stale, and it still looks at the shared memory named in the file.
    """
    lock = folder / "postmaster.pid"
    deadline = time.monotonic() + 15
    while (number := _postmaster(lock)) and _runs_in(folder, number):
        if time.monotonic() > deadline:
            raise StillRunning(f"PostgreSQL (process {number}) still runs on {folder}: stop it first.")
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGINT)
        time.sleep(0.1)
    with suppress(FileNotFoundError):
        _, rest = lock.read_text().split("\n", 1)
        lock.write_text(f"{os.getpid()}\n{rest}")


def _postmaster(lock: Path) -> int:
    try:
        return abs(int(lock.read_text().split("\n", 1)[0]))
    except (FileNotFoundError, ValueError):
        return 0


def _runs_in(folder: Path, number: int) -> bool:
    try:
        return Path(f"/proc/{number}/cwd").readlink() == folder.resolve()
    except OSError:
        return False
