"""The practice as its user runs it, on servers that can be broken and with processes that can be killed."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from services.notifier.delivery.queue import SENDER_LOCKS
from services.quickstart import data_folder
from services.quickstart.binaries import unprivileged_account
from services.quickstart.up import DATABASES
from services.runtime.processes import Program, start, stop
from tests.faults.servers import BreakablePostgres, BreakableRedis, breakable_servers
from tests.support.confidences import assert_confidential
from tests.support.practice import Practice, environment_of, eventually, next_working_morning, without_story
from tests.support.smtp_catcher import SmtpCatcher
from tests.support.start import Start, command_line, descendants

HURRIED_EVERY_SECONDS = 2
HEALED_SECONDS = 240
"""How long what was done under a fault may take afterwards; far more than it takes on a quiet machine."""

PARTS = {"worker": ("services.cli", "work"), "relay": ("services.events.relay",)}
"""The words on the command line of each kind of process, beside the name of its service."""
API = ("services.cli", "serve")
"""One process serves all three."""

OPEN_DELIVERIES = "SELECT count(*) FROM outbox_delivery WHERE confirmed_at IS NULL AND parked_at IS NULL"
MAKE_DUE = (
    "UPDATE outbox_delivery SET next_at = now() WHERE confirmed_at IS NULL AND parked_at IS NULL AND attempts < 4"
)
ASK_NOW = "UPDATE pulse SET asked_at = NULL"
"""Readers are asked every ten seconds whether they are at work; what was lost is posted again after their answer."""
END_LEASES = f"""UPDATE letter SET leased_until = clock_timestamp() WHERE status = 'sending'
                 AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = {SENDER_LOCKS})"""  # noqa: S608
"""Those of the dead: whoever is sending sits on a lock."""
UNSENT = """SELECT count(*) FROM letter WHERE status = 'sending'
            OR (status = 'planned' AND due_at <= clock_timestamp() + %s AND kind <> ALL(%s))"""
BY_DAY_ONLY = ["daily_agenda", "evaluation_request", "evaluation_reminder", "goal_report", "overview_report"]


@dataclass
class House:
    postgres: BreakablePostgres
    redis: BreakableRedis
    smtp: SmtpCatcher
    running: Start
    practice: Practice
    heard_at: float = 0.0
    """By `moment`, when the last load had been heard of everywhere."""

    # -- processes --------------------------------------------------------------------------------------

    def find(self, part: str, service: str) -> set[int]:
        """The processes of one kind: api, worker, relay, tick, consumer, or pool (a consumer's child)."""
        if part in ("consumer", "pool"):
            return self._celery(service, inner=part == "pool")
        if part == "api":
            return self.running.children(*API)
        words = (f"services.{service}.periodic",) if part == "tick" else (*PARTS[part], service)
        return self.running.children(*words)

    def _celery(self, service: str, *, inner: bool) -> set[int]:
        title = "ForkPoolWorker" if inner else "MainProcess"  # as Celery calls them
        below = {child for worker in self.find("worker", service) for child in descendants(worker)}
        return {child for child in below if any(title in word for word in command_line(child))}

    def signal(self, part: str, service: str, number: signal.Signals = signal.SIGKILL) -> set[int]:
        """Send it to every process of this kind, as soon as there is one."""
        found = eventually(lambda: self.find(part, service), what=f"{service}'s {part}")
        return {process for process in found if tell(process, number)}

    def settings(self) -> dict[str, str]:
        """The environment that `up` gave to its own processes."""
        return os.environ | data_folder.environment(self.running.folder)

    def log(self, name: str) -> str:
        return (self.running.folder / "logs" / f"{name}.log").read_text()

    @contextmanager
    def beside(self, *modules_and_arguments: Sequence[str], log: Path | None = None) -> Iterator[list[int]]:
        """More processes of ours, each ``python -m …`` with the settings that `up` gave to its own."""
        settings = self.settings()
        children = [
            start(
                Program(
                    name=words[0],
                    module=words[0],
                    arguments=words[1:],
                    environment=settings,
                    folder=self.running.folder,
                    log=log or self.running.output.with_suffix(".beside"),
                    patience_seconds=30,
                )
            )
            for words in modules_and_arguments
        ]
        try:
            yield [child.process.pid for child in children]
        finally:
            stop(children)

    # -- what the databases hold ------------------------------------------------------------------------

    def rows(self, service: str, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.postgres.connect(DATABASES[service]) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def change(self, service: str, statement: str) -> None:
        with self.postgres.connect(DATABASES[service]) as connection:
            connection.execute(statement.encode())

    def count(self, service: str, query: str, *values: object) -> int:
        return int(self.rows(service, query, *values)[0][0])

    def offset(self) -> timedelta:
        return timedelta(seconds=int((self.running.folder / "clock").read_text()))

    def move_clock(self, step: timedelta) -> None:
        """Backwards too, as a machine's clock may go. Who reads it meanwhile sees the old time or the new one."""
        clock = self.running.folder / "clock"
        new = clock.with_suffix(".new")
        new.write_text(str(int((self.offset() + step).total_seconds())))
        new.replace(clock)

    def moment(self) -> float:
        """In seconds, by which changes rest: real time, and what the practice's clock was moved on beside it."""
        return time.monotonic() + self.offset().total_seconds()

    # -- healing ----------------------------------------------------------------------------------------

    def drain(self, seconds: float = HEALED_SECONDS, *, patiently: bool = False) -> None:
        """Wait until every event is confirmed and every letter that is due has left or will never be known of.

        Moves rest for two minutes before a letter tells of them, so that the clock goes on in between. Unless it is
        done `patiently`, the pauses before an event is posted again and the leases of dead senders end at once.
        """
        self._wait(self._all_sent, "what is due now", seconds, patiently)
        self.heard_at = self.moment()
        self.practice.advance_to(self.practice.now() + timedelta(minutes=3))
        self._wait(self._all_sent, "what is due in three minutes", seconds, patiently)

    def _wait(self, done: Any, what: str, seconds: float, patiently: bool) -> None:
        deadline, hurried = time.monotonic() + seconds, time.monotonic()
        while not self._looks(done):
            assert time.monotonic() < deadline, f"{what} is not done after {seconds} s: {self.standing()}"
            if not patiently and time.monotonic() > hurried + HURRIED_EVERY_SECONDS:
                self._hurry()
                hurried = time.monotonic()
            time.sleep(0.2)

    def _looks(self, done: Any) -> bool:
        try:
            return bool(done())
        except psycopg.OperationalError:  # it is being started again
            return False

    def _hurry(self) -> None:
        try:
            for service in ("booking", "reporting"):
                self.change(service, MAKE_DUE)
                self.change(service, ASK_NOW)
            self.change("notifier", END_LEASES)
        except psycopg.OperationalError:
            return

    def _all_heard(self) -> bool:
        return not any(self.count(service, OPEN_DELIVERIES) for service in ("booking", "reporting"))

    def _all_sent(self) -> bool:
        return self._all_heard() and not self.count("notifier", UNSENT, self.offset(), BY_DAY_ONLY)

    def standing(self) -> dict[str, object]:
        """What has not been done yet."""
        return {
            "deliveries": [self.count(service, OPEN_DELIVERIES) for service in ("booking", "reporting")],
            "letters": self.rows("notifier", "SELECT kind, status, count(*) FROM letter GROUP BY 1, 2"),
            "processes": sorted(" ".join(command_line(each))[-80:] for each in descendants(self.running.process.pid)),
        }


def tell(process: int, number: signal.Signals) -> bool:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def a_house(home: Path) -> Iterator[House]:
    """Servers that can be broken, and the practice that works on them."""
    smtp = SmtpCatcher()
    smtp.open()
    try:
        with (
            breakable_servers(home, unprivileged_account()) as (postgres, redis),
            open_house(home / "house", postgres, redis, smtp) as installation,
        ):
            yield installation
    finally:
        smtp.close()


@contextmanager
def open_house(folder: Path, postgres: BreakablePostgres, redis: BreakableRedis, smtp: SmtpCatcher) -> Iterator[House]:
    """Everything runs, and it is half past nine on a working day, so that no night and no weekend comes in between."""
    given = {"DATABASE_URL": postgres.server.url().replace("+psycopg", ""), "REDIS_URL": redis.server.url}
    running = Start(without_story(folder), f"--smtp-url={smtp.url}", "--demo", environment=given)
    try:
        running.wait_until_ready()
        practice = Practice(environment_of(folder))
        practice.advance_to(next_working_morning(practice.now()))
        yield House(postgres, redis, smtp, running, practice)
        assert running.stop() == 0
        assert_confidential(*folder.glob("logs/*"))
    finally:
        running.process.kill()
        running.process.wait()
