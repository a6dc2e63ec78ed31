"""What reporting looks for again and again: reports that are due, and what has been kept long enough."""

from datetime import timedelta
from functools import partial

from sqlalchemy import Engine

from services.database import transaction
from services.events import inbox
from services.reporting.worker import engine
from services.ticking import Job, serve
from services.web import idempotency


def prune(engine: Engine) -> bool:
    with transaction(engine) as db:
        inbox.prune(db)
        idempotency.prune(db)
    return False


def jobs(engine: Engine) -> list[Job]:
    return [Job("prune", timedelta(hours=1), partial(prune, engine))]


if __name__ == "__main__":
    serve("reporting-tick", jobs(engine()))
