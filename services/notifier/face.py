"""The notifier's HTTP face: the log of letters, the participants' choices, and what makes it not ready."""

from collections.abc import Iterable
from datetime import timedelta

from fastapi import FastAPI
from prometheus_client.core import Metric
from sqlalchemy import func, select
from sqlmodel import col

from services import clock
from services.database import Database, engine
from services.notifier import (
    audit,
    letter_pages,
    messages_api,
    pages,
    participants_api,
    postbox,
    state_pages,
    trail_pages,
)
from services.notifier.models import Letter, Status
from services.notifier.settings import Settings
from services.web import pages as web_pages
from services.web import visiting
from services.web.application import application
from services.web.metrics import gauge

TOO_LATE = timedelta(minutes=10)

ROUTERS = (
    messages_api.router,
    messages_api.recorded,
    participants_api.recorded,
    letter_pages.router,
    letter_pages.recorded,
    pages.router,
    trail_pages.router,
    state_pages.router,
    web_pages.router,
    visiting.router("viestit"),
)


def face(settings: Settings) -> FastAPI:
    app = application(
        title="Työnohjaus: notifier",
        address=settings.notifier_public_url,
        settings=settings,
        engine=engine(settings.notifier_database_url),
        routers=ROUTERS,
        checks=[late_letters],
        gauges=[gauges],
        trail=audit.TRAIL,
    )
    app.state.problem_page = pages.pages.show_problem
    return app


def late_letters(db: Database) -> Iterable[str]:
    late = postbox.lateness(db, clock.now(db))
    if late > TOO_LATE:
        yield f"the oldest letter is {int(late.total_seconds())} s late"


def gauges(db: Database) -> Iterable[Metric]:
    counted = select(col(Letter.status), func.count()).group_by(col(Letter.status))
    counts = {status: count for status, count in db.execute(counted)}  # noqa: C416 -- dict() takes a Result for a mapping
    by_status = [((status.value,), counts.get(status, 0)) for status in Status]
    yield gauge("letters", "Letters by status.", by_status, ("status",))
    late = postbox.lateness(db, clock.now(db)).total_seconds()
    yield gauge("letter_oldest_overdue_seconds", "How late the oldest letter is.", [((), late)])
    yield gauge(
        "mail_server_failures", "How often in a row the mail server gave trouble.", [((), postbox.failures(db))]
    )
