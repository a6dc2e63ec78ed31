"""The notifier's application: its routes, readiness checks and metrics."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache

from fastapi import FastAPI
from prometheus_client.core import Metric
from sqlalchemy import text
from sqlmodel import col, select

from services.core import clock, logs
from services.core.database import Database, engine
from services.notifier import audit
from services.notifier.api import messages, participants
from services.notifier.delivery import queue
from services.notifier.models import LetterStatus, Practice, Supervisor
from services.notifier.pages import audit as audit_pages
from services.notifier.pages import letters, news, preferences, site
from services.notifier.pages import status as status_pages
from services.notifier.settings import Settings, settings
from services.web.app_factory import create_application
from services.web.metrics import gauge

UNSETTLED = (LetterStatus.planned, LetterStatus.sending, LetterStatus.failed, LetterStatus.uncertain)
UNSETTLED_LETTERS = text("""
    SELECT kind, status, count(*) AS letters FROM letter
    WHERE status IN ('planned', 'sending', 'failed', 'uncertain') GROUP BY kind, status
""")
RECENT_LETTERS = text("SELECT kind, count(*) AS letters FROM letter WHERE sent_at > :since GROUP BY kind")

ROUTERS = (
    messages.router,
    messages.recorded,
    participants.recorded,
    audit_pages.router,
    status_pages.router,
    news.router,
    letters.router,
    letters.recorded,
    preferences.router,
)


def create_app(settings: Settings) -> FastAPI:
    app = create_application(
        title="Työnohjaus: notifier",
        settings=settings,
        engine=engine(settings.notifier_database_url),
        routers=ROUTERS,
        checks=[check_late_letters],
        gauges=[notifier_gauges],
        trail=audit.AUDIT_LOG,
        inactive=select(col(Supervisor.supervisor_id)).where(~col(Supervisor.active)),
        practice=Practice,
    )
    app.state.problem_page = site.pages.show_problem
    return app


def check_late_letters(db: Database) -> Iterable[str]:
    late = queue.letter_lateness(db, clock.now(db))
    if late > queue.TOO_LATE:
        yield f"the oldest letter is {int(late.total_seconds())} s late"


def notifier_gauges(db: Database) -> Iterable[Metric]:
    unsettled = db.execute(UNSETTLED_LETTERS).all()
    by_status = [((status,), sum(row.letters for row in unsettled if row.status == status)) for status in UNSETTLED]
    yield gauge("letters", "Letters on their way or in trouble, by status.", by_status, ("status",))
    by_kind = [((row.kind, row.status), row.letters) for row in unsettled]
    yield gauge("letters_by_kind", "The same letters, by kind too.", by_kind, ("kind", "status"))
    sent = db.execute(RECENT_LETTERS, {"since": clock.now(db) - timedelta(hours=1)})
    lately = [((row.kind,), row.letters) for row in sent]
    yield gauge("letters_sent_lately", "Letters sent within the last hour.", lately, ("kind",))
    late = queue.letter_lateness(db, clock.now(db)).total_seconds()
    yield gauge("letter_oldest_overdue_seconds", "How late the oldest letter is.", [((), late)])
    failures = [((), queue.count_server_failures(db))]
    yield gauge("mail_server_failures", "How often in a row the mail server gave trouble.", failures)


@cache
def application() -> FastAPI:
    """The application of this process, by its environment."""
    return create_app(settings())


def start() -> FastAPI:
    """The factory for a server: ``uvicorn --factory services.notifier.app:start``."""
    logs.configure("notifier-api")
    return application()
