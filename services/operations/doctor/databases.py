"""Whether each service reaches its database, whether that is of the newest shape, and what is written in it."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from services.core import database
from services.core.database import Database, transaction
from services.core.schema.migrate import has_newest_schema, one_line
from services.operations.doctor import work
from services.operations.doctor.finding import Finding

FAR_APART_SECONDS = 5.0

Query = Callable[[Database], Iterable[Finding]]

QUERIES: Mapping[str, tuple[Query, ...]] = {
    "booking": (partial(work.events, "booking"), partial(work.readers, "booking"), work.webhook_feed),
    "notifier": (work.late_letters, work.failed_letters),
    "reporting": (
        partial(work.events, "reporting"),
        partial(work.readers, "reporting"),
        work.late_reports,
        work.unfinished_rebuild,
    ),
}


def check() -> Iterator[Finding]:
    """Those without an address are missing settings, which is said elsewhere."""
    urls = {service: url for service in QUERIES if (url := os.environ.get(variable(service)))}
    engines = {service: database.engine(url, pool_size=1) for service, url in urls.items()}
    for service, engine in engines.items():
        yield from check_database(service, engine)
    yield from check_clocks(engines.values())
    for engine in engines.values():
        engine.dispose()


def check_database(service: str, engine: Engine) -> list[Finding]:
    try:
        with transaction(engine) as db:
            if not has_newest_schema(service, db.connection()):
                return [of_another_shape(service)]
            return [finding for look in QUERIES[service] for finding in look(db)]
    except SQLAlchemyError as error:
        return [unreachable(service, error)]


def check_clocks(engines: Iterable[Engine]) -> Iterator[Finding]:
    """One database whose clock differs is enough to say."""
    for engine in engines:
        if (apart := seconds_apart(engine)) > FAR_APART_SECONDS:
            yield Finding(
                f"The clocks of this machine and of the database are {apart:.0f} seconds apart.",
                "Have both keep time by NTP (timedatectl says whether they do); letters leave by the database's clock.",
            )
            return


def seconds_apart(engine: Engine) -> float:
    try:
        with transaction(engine) as db:
            before = datetime.now(UTC)
            there: datetime = db.scalars(select(func.clock_timestamp())).one()
            after = datetime.now(UTC)
    except SQLAlchemyError:
        return 0.0
    return max((before - there).total_seconds(), (there - after).total_seconds())


def variable(service: str) -> str:
    return f"{service.upper()}_DATABASE_URL"


def unreachable(service: str, error: SQLAlchemyError) -> Finding:
    cause = getattr(error, "orig", None)
    why = one_line(cause) if cause else type(error).__name__
    return Finding(
        f"The database of {service} does not answer: {why}",
        f"Look whether PostgreSQL runs, whether its disk is full, and whether {variable(service)} is right.",
    )


def of_another_shape(service: str) -> Finding:
    return Finding(
        f"The database of {service} has not the shape that this version of the program knows.",
        "Run `tyonohjaus migrate` (Compose: `docker compose up --detach`); if it is newer, install the newer version.",
    )
