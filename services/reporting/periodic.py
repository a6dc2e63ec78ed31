"""Reporting's periodic jobs: plan and start due reports, and prune old data."""

from datetime import timedelta
from functools import partial

from sqlalchemy import Engine

from services.core import clock, sealing
from services.core.database import transaction
from services.core.periodic import Job, serve
from services.events import inbox
from services.reporting.models import AgreedGoals, Answer, Report, Summary
from services.reporting.projections import rebuild, retention
from services.reporting.settings import settings
from services.reporting.worker import engine, wake_compiler
from services.reporting.workflow import reviews, schedule
from services.web.protocol import idempotency
from services.web.security import access


def plan_reports(engine: Engine) -> bool:
    with transaction(engine) as db:
        rebuild.forget_arrived(db)
        return schedule.plan_calendar(db, clock.now(db))


def call_compiler_if_due() -> bool:
    wake_compiler()
    return False


def prune_expired(engine: Engine) -> bool:
    with transaction(engine) as db:
        idempotency.prune_answers(db)
        access.prune_ended(db)
        more = [inbox.prune_inbox(db), retention.prune_reporting(db, settings(), clock.now(db))]
    return any(more)


def reseal_some(engine: Engine) -> bool:
    """What rests in the clear since version 0.1, or under a key that is being replaced."""
    comments = reviews.encryption_of_comments(settings())
    return any(
        (
            sealing.reseal_batch(engine, (AgreedGoals, Summary, Answer, Report)),
            sealing.reencrypt_batch(engine, comments, reviews.ENCRYPTED_COLUMNS),
        )
    )


def jobs(engine: Engine) -> list[Job]:
    return [
        Job("plan", timedelta(seconds=5), partial(plan_reports, engine)),
        Job("wake", timedelta(seconds=0.2 if clock.is_demo() else 2), call_compiler_if_due),
        Job("prune", timedelta(hours=1), partial(prune_expired, engine)),
        Job("reseal", timedelta(hours=1), partial(reseal_some, engine), waits=True),
    ]


def main() -> None:
    serve("reporting-tick", jobs(engine()))


if __name__ == "__main__":
    main()
