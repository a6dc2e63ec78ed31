"""One run of `tyonohjaus up` as a process of its own, and what it has started."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg

from services.quickstart.postgres import PostgresServer
from tests.support.practice import eventually, two_free_ports


class Start:
    """One run of ``tyonohjaus up``."""

    def __init__(
        self, folder: Path, *options: str, port: int | None = None, environment: dict[str, str] | None = None
    ) -> None:
        self.folder, self.port = folder, port or two_free_ports()
        self.output = folder.with_name(f"{folder.name}.out")
        command = [sys.executable, "-m", "services.cli", "up", f"--data={folder}", f"--port={self.port}", *options]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.PIPE, env=os.environ | (environment or {}), text=True
            )

    def is_announced(self) -> bool:
        assert self.process.poll() is None, self.output.read_text() + self.errors()
        return (self.folder / "tyonohjaus.env").exists()

    def wait_until_ready(self) -> "Start":
        eventually(self.is_announced, seconds=300, what="the start")
        return self

    def errors(self) -> str:
        assert self.process.stderr
        return self.process.stderr.read()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def database(self) -> psycopg.Connection:
        """A connection to its own PostgreSQL server."""
        secrets = dict(line.split("=", 1) for line in (self.folder / "secrets.env").read_text().splitlines())
        port = int((self.folder / "postgres" / "postmaster.pid").read_text().splitlines()[3])
        url = PostgresServer(port, secrets["POSTGRES_PASSWORD"]).url("tyonohjaus_booking")
        return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

    def smtp_port(self) -> int:
        (mailbox,) = self.children("mailbox")
        line = command_line(mailbox)
        return int(line[line.index("--smtp-port") + 1])

    def children(self, *words: str) -> set[int]:
        """Those whose command line has all these words; of a program, its file name."""
        return {
            number
            for number in descendants(self.process.pid)
            if set(words) <= {Path(word).name for word in command_line(number)}
        }


def command_line(number: int) -> list[str]:
    """Its words; those of a forked process stand in one."""
    try:
        return Path(f"/proc/{number}/cmdline").read_text().replace("\0", " ").split()
    except OSError:
        return []


def descendants(number: int) -> set[int]:
    """Everything that this process has started, directly or not, and that has not ended."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            children.setdefault(int(parent), []).append(int(path.parent.name))
    found, waiting = set[int](), [number]
    while waiting:
        waiting += (new := children.get(waiting.pop(), []))
        found |= set(new)
    return found


def alive(numbers: set[int]) -> set[int]:
    def state(number: int) -> str:
        try:
            return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return "gone"

    return {number for number in numbers if state(number) not in ("Z", "X", "gone")}
