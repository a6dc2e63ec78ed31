"""The command ``tyonohjaus``. Each command imports what it needs when it runs, so that ``--help`` answers at once."""

# ruff: noqa: PLC0415, T201

import os
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Runs the practice of a työnohjaaja: bookings, letters, goal evaluation and reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Service(StrEnum):
    BOOKING = "booking"
    NOTIFIER = "notifier"
    REPORTING = "reporting"


TheService = Annotated[Service, typer.Argument(help="booking, notifier or reporting")]
Port = Annotated[int, typer.Option(min=1, max=65535)]


@app.command()
def up(
    data: Annotated[Path, typer.Option(help="Folder for everything that is kept.")] = Path(".tyonohjaus"),
    port: Annotated[
        int, typer.Option(min=1, max=65534, help="The port of pages and API; the mailbox takes the next.")
    ] = 8000,
    smtp_url: Annotated[str, typer.Option(help="Send letters there instead of keeping them in the mailbox.")] = "",
    demo: Annotated[
        bool, typer.Option("--demo", help="Play a small practice through; its clock can be moved.")
    ] = False,
) -> None:
    """Run everything on this machine, with servers of its own or those in DATABASE_URL and REDIS_URL."""
    from services.quickstart import up as quick_start

    quick_start.up(quick_start.Plan(data=data, port=port, smtp_url=smtp_url, demo=demo))


@app.command()
def migrate(
    services: Annotated[list[Service] | None, typer.Argument(help="All of them, if none is named.")] = None,
) -> None:
    """Bring databases to their newest shape, making those that are missing."""
    from services.core.schema.migrate import migrate_service

    for service in services or list(Service):
        migrate_service(service)
        print(f"{service} is at its newest shape.")


@app.command()
def serve(
    service: Annotated[Service | None, typer.Argument(help="All of them behind one port, if none is named.")] = None,
    host: str = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Serve the pages and the API of a service."""
    from services.runtime import server

    server.serve(service, host=host, port=port, workers=workers)


@app.command()
def work(service: TheService, concurrency: Annotated[int, typer.Option(min=1)] = 2) -> None:
    """Do the work of a service: consume its queue, look for what is due, post its events."""
    from services.runtime import worker

    worker.work(service, concurrency)


@app.command()
def work_health(service: TheService) -> None:
    """Succeed if a worker of the service on this machine consumed something lately."""
    from services.core.heartbeat import is_healthy

    if not is_healthy(service):
        raise typer.Exit(1)


@app.command()
def mailbox(
    folder: Annotated[Path, typer.Option(help="Where the letters are kept.")] = Path(".tyonohjaus/mail"),
    port: Port = 8003,
    smtp_port: Port = 1025,
    booking_url: str = "",
) -> None:
    """Catch all letters and show them in the browser."""
    from services.quickstart.mailbox import server as catcher

    catcher.serve(folder, port=port, smtp_port=smtp_port, booking_url=booking_url)


@app.command()
def secrets(
    beside: Annotated[Path | None, typer.Option(help="Only those that this file lacks, after an upgrade.")] = None,
) -> None:
    """Print a fresh set of secrets as environment variables."""
    from services.core.secrets import fresh_keys

    known = {line.partition("=")[0] for line in beside.read_text().splitlines()} if beside else set()
    for name, value in fresh_keys().items():
        if name not in known:
            print(f"{name}={value}")


@app.command()
def doctor(
    data: Annotated[Path | None, typer.Option(help="The folder of `tyonohjaus up`; left out: the environment.")] = None,
) -> None:
    """Say in plain words what is wrong and what to do; the exit code is 1 when something is."""
    from services.operations.doctor.examination import examine_installation

    if examine_installation(data):
        raise typer.Exit(1)


@app.command()
def documents() -> None:
    """Write what docs/ and services/events/schemas hold of the code. A changed v1 event is refused."""
    from services.operations import contract_files as made_from_code

    if refused := made_from_code.write_contract_files():
        raise SystemExit("Give the event a new version: " + "; ".join(refused))


reporting = typer.Typer(help="Look after the reporting service.", no_args_is_help=True)
app.add_typer(reporting, name="reporting")


@reporting.callback()
def _reporting() -> None:
    """Keep `rebuild` a command of its own, although it is the only one."""


@reporting.command()
def rebuild(
    data: Annotated[
        Path | None, typer.Option(help="The folder of `tyonohjaus up`, while it runs; left out: the environment.")
    ] = None,
) -> None:
    """Empty what reporting was told and have booking tell it again. Reports and releases stay as they are."""
    from services.operations.rebuild_reporting import rebuild_reporting
    from services.quickstart import data_folder

    events = rebuild_reporting(data_folder.environment(data) if data else os.environ)
    print(f"{events} events are on their way to reporting, which answers 503 until they have come.")


notifier = typer.Typer(help="Look after the notifier.", no_args_is_help=True)
app.add_typer(notifier, name="notifier")


@notifier.callback()
def _notifier() -> None:
    """Keep `restored` a command of its own, although it is the only one."""


@notifier.command()
def restored(
    lost_at: Annotated[
        str, typer.Option(help="When the lost database was last at work: 2026-11-28T14:05+02:00. Left out: now.")
    ] = "",
) -> None:
    """After a restore, before anything starts: hear what the backup does not know, hold back what may have left."""
    from services.operations.restore_notifier import restore_notifier

    heard, doubtful = restore_notifier(os.environ, instant(lost_at) if lost_at else None)
    print(f"{heard} events were heard again; {doubtful} letters may have left: they are uncertain, and not sent again.")


def instant(written: str) -> datetime:
    """A moment in time, with its offset from UTC."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(f"{written} is no moment with an offset, such as 2026-11-28T14:05+02:00.")
    return moment


def main() -> None:
    from services.core.errors import OperatorError

    try:
        app()
    except OperatorError as error:
        raise SystemExit(f"tyonohjaus: {error}") from None


if __name__ == "__main__":
    main()
