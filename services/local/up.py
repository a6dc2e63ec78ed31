"""The quick start: servers, databases, three services and a mailbox, on this machine, by one command.

What starts first stops last. A trouble is one line on the terminal; the rest is in the logs of the data folder.
"""

import http.client
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from services.local import almanac, cast, postgres, premises, redis_server, servers
from services.local.binaries import find_programs, unprivileged_account
from services.local.ports import LOOPBACK, free_port, is_free
from services.local.postgres import PostgresServer
from services.local.processes import (
    Child,
    DeadStart,
    Program,
    StopAsked,
    run,
    start,
    stop,
    stop_signals,
    wait_until,
    watch,
)
from services.local.redis_server import RedisServer
from services.local.terminal import say, say_died, say_ready, step
from services.local.trouble import Trouble

SERVICES = ("booking", "reporting", "notifier")
"""In the order of their ports; the mailbox has the one after them."""

TOLD = (
    *(f"{service.upper()}_DATABASE_URL" for service in SERVICES),
    "REDIS_URL",
    "SMTP_URL",
    "MAIL_FROM",
    "PUBLIC_URL",
    "REPORTING_PUBLIC_URL",
    "NOTIFIER_PUBLIC_URL",
    "DEMO_CLOCK_FILE",
)
"""What commands beside a running start have to know of it."""

DATABASES = {service: f"tyonohjaus_{service}" for service in SERVICES}
ADMIN = "yllapito@tyonohjaus.example"
SENDER = "Työnohjaus <tyonohjaus@tyonohjaus.example>"
PORT_PATIENCE_SECONDS = 3  # a run that was killed a moment ago may still be going down
READY_SECONDS = 300  # only a start that hangs is given up; a busy machine is slow
WORKER_PATIENCE_SECONDS = 30  # a worker waits for its own children


class TakenPort(Trouble):
    """A port is taken."""


@dataclass(frozen=True)
class Plan:
    data: Path
    port: int
    smtp_url: str
    demo: bool

    def url(self, service: str) -> str:
        return f"http://{LOOPBACK}:{self.port_of(service)}"

    def port_of(self, service: str) -> int:
        return self.port + (*SERVICES, "mailbox").index(service)


@dataclass
class House:
    """What has been started so far, and what those who start next are told."""

    plan: Plan
    folder: Path
    keys: Mapping[str, str]
    environment: dict[str, str]
    children: list[Child] = field(default_factory=list)
    stopping: ExitStack = field(default_factory=ExitStack)

    def start(self, *programs: Program) -> None:
        """Those started together are stopped together, before all that were started earlier."""
        started = [start(program) for program in programs]
        self.children.extend(started)
        self.stopping.callback(stop, started)

    def ours(self, name: str, *arguments: str, patience_seconds: float = 12) -> Program:
        """One of our own commands, in the data folder, where no other ``services`` lies in Python's way."""
        return Program(
            name=name,
            arguments=[sys.executable, "-m", *arguments],
            environment=self.environment,
            folder=self.folder,
            log=premises.log_file(self.folder, name),
            patience_seconds=patience_seconds,
        )


def up(plan: Plan) -> None:
    """Run until Ctrl-C or SIGTERM."""
    try:
        with stop_signals(), premises.occupied(plan.data) as folder:
            premises.withdraw(folder)
            house = House(plan, folder, premises.keys(folder), dict(os.environ))
            with house.stopping:
                open_house(house)
                house.stopping.callback(premises.withdraw, folder)
                watch(house.children, say_died)
    except StopAsked:
        say("Everything is stopped.")


def open_house(house: House) -> None:
    say(f"tyonohjaus, with everything it keeps in {house.folder}")
    check_ports(house.plan)
    if house.plan.smtp_url:
        say(f"  Mail: {servers.check_smtp(house.plan.smtp_url)}")
    house.environment |= settings(house)
    start_redis(house)
    start_postgres(house)
    story = house.plan.demo and is_story_due(house)
    with step("Databases at their newest shape"):
        run(house.ours("migrate", "services.cli", "migrate"))
    start_mailbox(house)
    with step("Three services and their workers"):
        start_services(house)
    if story:
        play_story(house)
    premises.announce(house.folder, announcement(house))
    letters = house.plan.smtp_url.rpartition("@")[2] or house.plan.url("mailbox")
    say_ready(
        announcement(house), letters, house.folder / premises.ANNOUNCEMENT, cast.LOGINS if is_played(house) else {}
    )


def is_story_due(house: House) -> bool:
    """A new practice begins in the past, and its story ends in the present; no other is ever left in the past."""
    clock, begun = house.folder / "clock", house.folder / "story"
    in_the_past = clock.exists() and clock.read_text().startswith("-")
    if in_the_past and begun.exists():
        clock.write_text("0")
        return False
    if not in_the_past and servers.has_database(house.environment["BOOKING_DATABASE_URL"]):
        return False
    now = datetime.now(UTC)
    clock.write_text(f"{int((almanac.first_morning(now.date()) - now).total_seconds())}")
    return True


def is_played(house: House) -> bool:
    return house.plan.demo and (house.folder / "story").exists()


def play_story(house: House) -> None:
    """A story that breaks off is told of, and takes nothing else with it."""
    try:
        with step("Half a year of a small practice"):
            (house.folder / "story").touch()
            house.environment |= announcement(house)
            run(house.ours("demo", "services.local.demo"), glance=month_teller(house.folder / "clock"))
    except DeadStart as trouble:
        say(f"  {trouble}")


def month_teller(clock: Path) -> Callable[[], None]:
    """Says each month in which the story's clock is seen."""
    told: list[str] = []

    def look() -> None:
        month = f"{datetime.now(UTC) + timedelta(seconds=int(clock.read_text() or 0)):%B}"
        if told[-1:] != [month]:
            told.append(month)
            say(f"{month} ", end="")

    return look


def settings(house: House) -> dict[str, str]:
    plan = house.plan
    return {
        **house.keys,
        "PUBLIC_URL": plan.url("booking"),
        "REPORTING_PUBLIC_URL": plan.url("reporting"),
        "NOTIFIER_PUBLIC_URL": plan.url("notifier"),
        "MAIL_FROM": os.environ.get("MAIL_FROM") or SENDER,
        "ADMIN_EMAIL": os.environ.get("ADMIN_EMAIL") or ADMIN,
        "DEMO_CLOCK_FILE": str(house.folder / "clock") if plan.demo else "",
    }


def announcement(house: House) -> dict[str, str]:
    return {
        "BOOKING_URL": house.plan.url("booking"),
        "REPORTING_URL": house.plan.url("reporting"),
        "NOTIFIER_URL": house.plan.url("notifier"),
        "MAILBOX_URL": "" if house.plan.smtp_url else house.plan.url("mailbox"),
        "ADMIN_CLIENT_ID": house.keys["ADMIN_CLIENT_ID"],
        "ADMIN_CLIENT_SECRET": house.keys["ADMIN_CLIENT_SECRET"],
        **{name: house.environment[name] for name in TOLD},
    }


def check_ports(plan: Plan) -> None:
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    for name in SERVICES if plan.smtp_url else (*SERVICES, "mailbox"):
        port = plan.port_of(name)
        while not is_free(port):
            if time.monotonic() > deadline:
                raise TakenPort(f"port {port}, for {name}, is taken; name other ones by --port.")
            time.sleep(0.1)


def start_postgres(house: House) -> None:
    if given := os.environ.get("DATABASE_URL"):
        with step("PostgreSQL of DATABASE_URL"):
            addresses = servers.database_addresses(given, DATABASES)
    else:
        with step("PostgreSQL"):
            server = start_own_postgres(house)
            addresses = {service: server.url(name) for service, name in DATABASES.items()}
    house.environment |= {f"{service.upper()}_DATABASE_URL": address for service, address in addresses.items()}


def start_own_postgres(house: House) -> PostgresServer:
    account, folder = unprivileged_account(), house.folder / "postgres"
    programs = find_programs(house.folder, account)
    server = PostgresServer(free_port(), house.keys["POSTGRES_PASSWORD"])
    postgres.prepare(folder, programs, account, server.password)
    log = premises.log_file(house.folder, "postgres")
    house.start(postgres.program(folder, programs, account, server, log))
    wait_until(partial(postgres.answers, server), house.children, what="PostgreSQL", seconds=READY_SECONDS)
    return server


def start_redis(house: House) -> None:
    if given := os.environ.get("REDIS_URL"):
        with step("Redis of REDIS_URL"):
            servers.check_redis(given)
        return
    with step("Redis"):
        house.environment["REDIS_URL"] = start_own_redis(house).url


def start_own_redis(house: House) -> RedisServer:
    account, folder = unprivileged_account(), house.folder / "redis"
    programs = find_programs(house.folder, account)
    server = RedisServer(free_port(), house.keys["REDIS_PASSWORD"])
    redis_server.prepare(folder, account)
    log = premises.log_file(house.folder, "redis")
    house.start(redis_server.program(folder, programs, account, server, log))
    wait_until(partial(redis_server.answers, server), house.children, what="Redis", seconds=READY_SECONDS)
    return server


def start_mailbox(house: House) -> None:
    plan = house.plan
    if plan.smtp_url:
        house.environment["SMTP_URL"] = plan.smtp_url
        return
    port, smtp_port = plan.port_of("mailbox"), free_port()
    house.environment["SMTP_URL"] = f"smtp://{LOOPBACK}:{smtp_port}"
    options = ["--folder", str(house.folder / "mail"), "--port", str(port), "--smtp-port", str(smtp_port)]
    with step("Mailbox"):
        house.start(house.ours("mailbox", "services.cli", "mailbox", *options, "--booking-url", plan.url("booking")))
        wait_until(partial(is_ready, port, "/api/messages"), house.children, what="The mailbox", seconds=READY_SECONDS)


def start_services(house: House) -> None:
    """Until they answer. What stands still, as /readyz tells, is no reason to stop: mail may be away for hours."""
    house.start(*(part for service in SERVICES for part in parts_of(house, service)))
    for service in SERVICES:
        answers = partial(is_ready, house.plan.port_of(service), "/healthz")
        wait_until(answers, house.children, what=service, seconds=READY_SECONDS)


def parts_of(house: House, service: str) -> list[Program]:
    port, work = str(house.plan.port_of(service)), ["work", service, "--concurrency", "1"]
    return [
        house.ours(f"{service}-api", "services.cli", "serve", service, "--port", port),
        house.ours(f"{service}-worker", "services.cli", *work, patience_seconds=WORKER_PATIENCE_SECONDS),
    ]


def is_ready(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
