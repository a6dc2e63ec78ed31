"""The quick start: servers, databases, three services and a mailbox, on this machine, by one command.

What starts first stops last. A trouble is one line on the terminal; the rest is in the logs of the data folder.
"""

import http.client
import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from services.core.addresses import FACES
from services.core.errors import OperatorError
from services.quickstart import data_folder, external_servers, postgres, redis
from services.quickstart.binaries import find_programs, unprivileged_account
from services.quickstart.demo import dates, people
from services.quickstart.mailbox import server as mailbox
from services.quickstart.ports import LOOPBACK, free_port, is_free
from services.quickstart.postgres import PostgresServer
from services.quickstart.redis import RedisServer
from services.quickstart.rehearsal import rehearse
from services.quickstart.terminal import print_died, print_line, print_ready, print_step
from services.runtime import server, worker
from services.runtime.fork import preload
from services.runtime.processes import (
    Child,
    Program,
    StartFailed,
    StopRequested,
    run,
    start,
    stop,
    stop_signals,
    supervise_all,
    wait_until,
)

SERVICES = ("booking", "reporting", "notifier")

PRINTED = (
    *(f"{service.upper()}_DATABASE_URL" for service in SERVICES),
    "REDIS_URL",
    "SMTP_URL",
    "MAIL_FROM",
    "PUBLIC_URL",
    "DEMO_CLOCK_FILE",
)
"""What commands beside a running start have to know of it."""

PRELOADED = (
    *(f"services.{service}.app" for service in SERVICES),
    *("services.cli", "services.runtime.gateway", "services.core.schema.migrate", *worker.PRELOADED),
    *("uvicorn.lifespan.on", "uvicorn.loops.uvloop", "uvicorn.protocols.http.auto"),
    *("uvicorn.protocols.websockets.auto", "anyio._backends._asyncio"),
)
"""What is imported once for all. A module that reads its settings when it is imported is left to who needs it."""

DATABASES = {service: f"tyonohjaus_{service}" for service in SERVICES}
ADMIN = "yllapito@tyonohjaus.example"
SENDER = "Työnohjaus <tyonohjaus@tyonohjaus.example>"
SHARED_BUFFERS = "16MB"  # for a small practice; to make its databases alone fills twice as much
PORT_PATIENCE_SECONDS = 3  # a run that was killed a moment ago may still be going down
READY_SECONDS = 300  # only a start that hangs is given up; a busy machine is slow
WORKER_PATIENCE_SECONDS = 30  # a worker waits for its own children


class TakenPort(OperatorError):
    """A port is taken."""


@dataclass(frozen=True)
class Plan:
    data: Path
    port: int
    smtp_url: str
    demo: bool

    @property
    def url(self) -> str:
        """The one address of pages and API."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def mailbox_port(self) -> int | None:
        """None where letters are really sent."""
        return None if self.smtp_url else self.port + 1

    @property
    def mailbox_url(self) -> str:
        return f"http://{LOOPBACK}:{self.mailbox_port}" if self.mailbox_port else ""


@dataclass
class Installation:
    """What has been started so far, and what those who start next are told."""

    plan: Plan
    folder: Path
    keys: Mapping[str, str]
    environment: dict[str, str]
    owners: dict[str, str] = field(default_factory=dict)
    """The addresses of the databases as the role that owns them; told to nobody but who migrates."""
    children: list[Child] = field(default_factory=list)
    stopping: ExitStack = field(default_factory=ExitStack)

    def start(self, *programs: Program) -> None:
        """Those started together are stopped together, before all that were started earlier."""
        started = [start(program) for program in programs]
        self.children.extend(started)
        self.stopping.callback(stop, started)

    def wait_until(self, ready: Callable[[], bool], *, what: str) -> None:
        wait_until(ready, self.children, what=what, seconds=READY_SECONDS)

    def ours(
        self,
        name: str,
        module: str,
        *arguments: str,
        main: Callable[[], object] | None = None,
        patience_seconds: float = 12,
    ) -> Program:
        """One of our own commands, in the data folder, where no other ``services`` lies in Python's way."""
        return Program(
            name=name,
            module=module,
            arguments=arguments,
            main=main,
            environment=self.environment,
            folder=self.folder,
            log=data_folder.log_file(self.folder, name),
            patience_seconds=patience_seconds,
        )


def up(plan: Plan) -> None:
    """Run until Ctrl-C or SIGTERM."""
    try:
        with stop_signals(), data_folder.occupied(plan.data) as folder:
            data_folder.remove_addresses(folder)
            installation = Installation(plan, folder, data_folder.keys(folder), dict(os.environ))
            with installation.stopping:
                open_installation(installation)
                installation.stopping.callback(data_folder.remove_addresses, folder)
                supervise_all(installation.children, print_died)
    except StopRequested:
        print_line("Everything is stopped.")


def open_installation(installation: Installation) -> None:
    print_line(f"tyonohjaus, with everything it keeps in {installation.folder}")
    check_ports(installation.plan)
    if installation.plan.smtp_url:
        print_line(f"  Mail: {external_servers.check_smtp(installation.plan.smtp_url)}")
    installation.environment |= settings(installation)
    start_redis(installation)
    start_postgres(installation)
    story = installation.plan.demo and is_demo_due(installation)
    with print_step("Databases at their newest shape"):
        run(*(migration(installation, service) for service in SERVICES))
    with print_step("Three services and their workers"):
        start_services(installation)
    if story:
        play_demo(installation)
    data_folder.write_addresses(installation.folder, environment_file(installation))
    letters = installation.plan.smtp_url.rpartition("@")[2] or installation.plan.mailbox_url
    logins = people.LOGINS if is_demo_played(installation) else {}
    secret = "" if logins else installation.keys["SETUP_SECRET"]
    print_ready(
        environment_file(installation), letters, installation.folder / data_folder.ADDRESSES_FILE, logins, secret
    )


def migration(installation: Installation, service: str) -> Program:
    program = installation.ours(f"migrate-{service}", "services.cli", "migrate", service)
    return replace(program, environment=installation.environment | installation.owners)


def is_demo_due(installation: Installation) -> bool:
    """A new practice begins in the past, and its story ends in the present; no other is ever left in the past."""
    clock, begun = installation.folder / "clock", installation.folder / "story"
    in_the_past = clock.exists() and clock.read_text().startswith("-")
    if in_the_past and begun.exists():
        clock.write_text("0")
        return False
    booking = installation.owners.get(owner_variable("booking")) or installation.environment["BOOKING_DATABASE_URL"]
    if not in_the_past and external_servers.has_database(booking):
        return False
    now = datetime.now(UTC)
    clock.write_text(f"{int((dates.first_morning(now.date()) - now).total_seconds())}")
    return True


def is_demo_played(installation: Installation) -> bool:
    return installation.plan.demo and (installation.folder / "story").exists()


def play_demo(installation: Installation) -> None:
    """A story that breaks off is told of, and takes nothing else with it."""
    try:
        with print_step("Half a year of a small practice"):
            (installation.folder / "story").touch()
            installation.environment |= environment_file(installation)
            demo = installation.ours("demo", "services.quickstart.demo.run")
            run(demo, meanwhile=month_reporter(installation.folder / "clock"))
    except StartFailed as error:
        print_line(f"  {error}")


def month_reporter(clock: Path) -> Callable[[], None]:
    """Says each month in which the story's clock is seen."""
    months: list[str] = []

    def look() -> None:
        month = f"{datetime.now(UTC) + timedelta(seconds=int(clock.read_text() or 0)):%B}"
        if months[-1:] != [month]:
            months.append(month)
            print_line(f"{month} ", end="")

    return look


def settings(installation: Installation) -> dict[str, str]:
    plan = installation.plan
    return {
        **installation.keys,
        "PUBLIC_URL": plan.url,
        "MAIL_FROM": os.environ.get("MAIL_FROM") or SENDER,
        "ADMIN_EMAIL": os.environ.get("ADMIN_EMAIL") or ADMIN,
        "DEMO_CLOCK_FILE": str(installation.folder / "clock") if plan.demo else "",
        **(DEMO_SETTINGS if plan.demo else {}),
    }


DEMO_SETTINGS = {"WEBHOOKS_MAY_BE_PRIVATE": "true"}
"""Whoever tries webhooks in a demo receives them on the same machine."""


def environment_file(installation: Installation) -> dict[str, str]:
    return {
        **{f"{service.upper()}_URL": f"{installation.plan.url}{face}" for service, face in FACES.items()},
        "MAILBOX_URL": installation.plan.mailbox_url,
        "ADMIN_CLIENT_ID": installation.keys["ADMIN_CLIENT_ID"],
        "ADMIN_CLIENT_SECRET": installation.keys["ADMIN_CLIENT_SECRET"],
        **{name: installation.environment[name] for name in PRINTED},
    }


def check_ports(plan: Plan) -> None:
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    for name, port in {"pages and API": plan.port, "the mailbox": plan.mailbox_port}.items():
        while port and not is_free(port):
            if time.monotonic() > deadline:
                raise TakenPort(f"port {port}, for {name}, is taken; name other ones by --port.")
            time.sleep(0.1)


def start_postgres(installation: Installation) -> None:
    """Import what all our programs need meanwhile: making a database takes a second, and so does that."""
    if given := os.environ.get("DATABASE_URL"):
        with print_step("PostgreSQL of DATABASE_URL"):
            addresses = external_servers.database_addresses(given, DATABASES)
            preload(*PRELOADED)
    else:
        with print_step("PostgreSQL"):
            own = start_own_postgres(installation)
            installation.owners = {owner_variable(service): own.url(name) for service, name in DATABASES.items()}
            addresses = {
                service: own.url_of(service, installation.keys[f"{service.upper()}_DATABASE_PASSWORD"], name)
                for service, name in DATABASES.items()
            }
    installation.environment |= {f"{service.upper()}_DATABASE_URL": address for service, address in addresses.items()}


def owner_variable(service: str) -> str:
    return f"{service.upper()}_OWNER_DATABASE_URL"


def start_own_postgres(installation: Installation) -> PostgresServer:
    account, folder = unprivileged_account(), installation.folder / "postgres"
    programs = find_programs(installation.folder, account)
    database = PostgresServer(free_port(), installation.keys["POSTGRES_PASSWORD"])
    with postgres.preparing_postgres(folder, programs, account, database.password):
        preload(*PRELOADED)
    log = data_folder.log_file(installation.folder, "postgres")
    installation.start(
        postgres.postgres_server_program(folder, programs, account, database, log, shared_buffers=SHARED_BUFFERS)
    )
    installation.wait_until(partial(postgres.postgres_answers, database), what="PostgreSQL")
    return database


def start_redis(installation: Installation) -> None:
    if given := os.environ.get("REDIS_URL"):
        with print_step("Redis of REDIS_URL"):
            external_servers.check_redis(given)
        return
    with print_step("Redis"):
        installation.environment["REDIS_URL"] = start_own_redis(installation).url


def start_own_redis(installation: Installation) -> RedisServer:
    account, folder = unprivileged_account(), installation.folder / "redis"
    programs = find_programs(installation.folder, account)
    queue = RedisServer(free_port(), installation.keys["REDIS_PASSWORD"])
    redis.prepare_redis(folder, account)
    log = data_folder.log_file(installation.folder, "redis")
    installation.start(redis.redis_program(folder, programs, account, queue, log))
    installation.wait_until(partial(redis.redis_answers, queue), what="Redis")
    return queue


def start_services(installation: Installation) -> None:
    """Until they answer. What stands still, as /readyz tells, is no reason to stop: mail may be away for hours."""
    installation.environment["SMTP_URL"] = installation.plan.smtp_url
    mailboxes = [mailbox_of(installation, port)] if (port := installation.plan.mailbox_port) else []
    os.environ |= installation.environment
    rehearse(SERVICES)
    installation.start(*mailboxes, api_of(installation), *(worker_of(installation, service) for service in SERVICES))
    installation.wait_until(partial(is_ready, installation.plan.port, "/healthz"), what="pages and API")
    if port:
        installation.wait_until(partial(is_ready, port, "/api/messages"), what="the mailbox")


def mailbox_of(installation: Installation, port: int) -> Program:
    """It takes a free port for letters, and all are told of it."""
    smtp_port = free_port()
    installation.environment["SMTP_URL"] = f"smtp://{LOOPBACK}:{smtp_port}"
    folder, booking = installation.folder / "mail", installation.plan.url
    options = ["--folder", str(folder), "--port", str(port), "--smtp-port", str(smtp_port), "--booking-url", booking]
    serve = partial(mailbox.serve, folder, port=port, smtp_port=smtp_port, booking_url=booking)
    return installation.ours("mailbox", "services.cli", "mailbox", *options, main=serve)


def api_of(installation: Installation) -> Program:
    port = installation.plan.port
    serve = partial(server.serve, port=port)
    return installation.ours("api", "services.cli", "serve", "--port", str(port), main=serve)


def worker_of(installation: Installation, service: str) -> Program:
    return installation.ours(
        f"{service}-worker",
        *("services.cli", "work", service, "--concurrency", "1"),
        main=partial(worker.work, service, 1),
        patience_seconds=WORKER_PATIENCE_SECONDS,
    )


def is_ready(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
