"""What reporting looks for again and again: reports that are due, and what has been kept long enough."""

from datetime import timedelta
from functools import partial

from sqlalchemy import Engine

from services import clock
from services.database import transaction
from services.events import inbox
from services.reporting import planning, rebuilding, retention
from services.reporting.settings import settings
from services.reporting.worker import engine, wake_compiler
from services.ticking import Job, serve
from services.web import idempotency


def plan(engine: Engine) -> bool:
    with transaction(engine) as db:
        rebuilding.tidy(db)
        return planning.plan_calendar(db, clock.now(db))


def wake() -> bool:
    wake_compiler()
    return False


def prune(engine: Engine) -> bool:
    with transaction(engine) as db:
        idempotency.prune(db)
        more = [inbox.prune(db), retention.prune(db, settings(), clock.now(db))]
    return any(more)


def jobs(engine: Engine) -> list[Job]:
    return [
        Job("plan", timedelta(seconds=2), partial(plan, engine)),
        Job("wake", timedelta(seconds=1), wake),
        Job("prune", timedelta(hours=1), partial(prune, engine)),
    ]


if __name__ == "__main__":
    serve("reporting-tick", jobs(engine()))
