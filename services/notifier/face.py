"""The notifier's HTTP face: the log of letters, the participants' choices, and what makes it not ready."""

from collections.abc import Iterable
from datetime import timedelta

from fastapi import FastAPI
from prometheus_client.core import Metric
from sqlalchemy import text

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
from services.notifier.models import Status
from services.notifier.settings import Settings
from services.web import pages as web_pages
from services.web import visiting
from services.web.application import application
from services.web.metrics import gauge

UNSETTLED = (Status.planned, Status.sending, Status.failed, Status.uncertain)
UNSETTLED_LETTERS = text("""
    SELECT kind, status, count(*) AS letters FROM letter
    WHERE status IN ('planned', 'sending', 'failed', 'uncertain') GROUP BY kind, status
""")
SENT_LETTERS = text("SELECT kind, count(*) AS letters FROM letter WHERE sent_at > :since GROUP BY kind")

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
    if late > postbox.TOO_LATE:
        yield f"the oldest letter is {int(late.total_seconds())} s late"


def gauges(db: Database) -> Iterable[Metric]:
    unsettled = db.execute(UNSETTLED_LETTERS).all()
    by_status = [((status,), sum(row.letters for row in unsettled if row.status == status)) for status in UNSETTLED]
    yield gauge("letters", "Letters on their way or in trouble, by status.", by_status, ("status",))
    by_kind = [((row.kind, row.status), row.letters) for row in unsettled]
    yield gauge("letters_by_kind", "The same letters, by kind too.", by_kind, ("kind", "status"))
    sent = db.execute(SENT_LETTERS, {"since": clock.now(db) - timedelta(hours=1)})
    lately = [((row.kind,), row.letters) for row in sent]
    yield gauge("letters_sent_lately", "Letters sent within the last hour.", lately, ("kind",))
    late = postbox.lateness(db, clock.now(db)).total_seconds()
    yield gauge("letter_oldest_overdue_seconds", "How late the oldest letter is.", [((), late)])
    yield gauge(
        "mail_server_failures", "How often in a row the mail server gave trouble.", [((), postbox.failures(db))]
    )
