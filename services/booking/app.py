"""The booking service's FastAPI application: routers, rate limits, readiness checks and metrics."""

from functools import cache

from fastapi import FastAPI
from sqlmodel import col, select

from services.booking.api import availability, calendars, demo, evaluation, events, parties, summaries, tokens
from services.booking.api import credentials as credentials_api
from services.booking.api import goals as goals_api
from services.booking.api import intakes as intakes_api
from services.booking.api import login as login_api
from services.booking.api import practice as practice_api
from services.booking.api import processes as processes_api
from services.booking.api import sessions as sessions_api
from services.booking.api import webhooks as webhooks_api
from services.booking.calendar import ics_import
from services.booking.models.people import Supervisor
from services.booking.models.practice import Practice
from services.booking.pages import account, passkey_question, proof, site
from services.booking.pages import login as login_pages
from services.booking.pages import webhooks as webhook_pages
from services.booking.pages.admin import audit as admin_audit
from services.booking.pages.admin import clients, credentials, setup, status, supervisors
from services.booking.pages.admin import practice as admin_practice
from services.booking.pages.client import address as client_address
from services.booking.pages.client import booking as client_booking
from services.booking.pages.client import home as client_home
from services.booking.pages.client import participants
from services.booking.pages.participant import attendance, device, personal_data, sessions, summary
from services.booking.pages.participant import evaluation as participant_evaluation
from services.booking.pages.participant import home as participant_home
from services.booking.pages.public import (
    address,
    embedding,
    findable,
    intake,
    intake_link,
    login,
    passkey_login,
    supervisor_page,
    test_letter,
)
from services.booking.pages.supervisor import clients as supervisor_clients
from services.booking.pages.supervisor import intakes, search, today
from services.booking.pages.supervisor.processes import goals, opening, processes, requests, rounds
from services.booking.pages.supervisor.processes import participants as processes_people
from services.booking.pages.supervisor.sessions import booking, note, recording, session, wishes
from services.booking.pages.supervisor.settings import absences, hours, profile, public_page
from services.booking.pages.supervisor.settings import calendars as settings_calendars
from services.booking.pages.supervisor.settings import embedding as settings_embedding
from services.booking.pages.supervisor.settings import settings as settings_pages
from services.booking.security import audit, login_requests
from services.booking.security.webhooks import watch
from services.booking.settings import Settings, settings
from services.core import clock, logs
from services.core.database import engine
from services.web import docs, outbox_metrics
from services.web.app_factory import create_application
from services.web.pages import rendering as web_pages

ROUTERS = (
    tokens.router,
    parties.router,
    practice_api.router,
    credentials_api.router,
    webhooks_api.router,
    events.router,
    processes_api.router,
    processes_api.recorded,
    availability.router,
    sessions_api.router,
    intakes_api.router,
    calendars.router,
    goals_api.router,
    evaluation.router,
    evaluation.recorded,
    summaries.router,
    summaries.recorded,
    login_api.router,
    site.router,
    login_pages.router,
    passkey_question.router,
    passkey_login.router,
    login.router,
    account.router,
    webhook_pages.router,
    proof.router,
    client_home.router,
    client_booking.router,
    client_address.router,
    participants.router,
    today.router,
    today.week_router,
    search.router,
    booking.router,
    opening.router,
    opening.drafts,
    processes_people.router,
    processes_people.recorded,
    goals.router,
    goals.drafts,
    rounds.router,
    rounds.recorded,
    processes.router,
    processes.recorded,
    requests.router,
    supervisor_clients.router,
    intakes.router,
    session.router,
    wishes.router,
    session.recorded,
    recording.router,
    recording.recorded,
    note.router,
    note.recorded,
    setup.router,
    status.router,
    admin_audit.router,
    supervisors.router,
    admin_practice.router,
    clients.router,
    settings_pages.router,
    hours.router,
    absences.router,
    settings_calendars.router,
    settings_embedding.router,
    profile.router,
    public_page.router,
    credentials.router,
    supervisor_page.router,
    findable.router,
    participant_home.router,
    sessions.router,
    attendance.router,
    personal_data.router,
    intake.router,
    intake_link.router,
    participant_evaluation.router,
    summary.router,
    device.router,
    embedding.router,
    embedding.scripts,
    address.router,
    test_letter.router,
    web_pages.router,
    docs.whole,
)


def create_app(settings: Settings) -> FastAPI:
    app = create_application(
        title="Työnohjaus: booking",
        settings=settings,
        engine=engine(settings.booking_database_url),
        routers=[*ROUTERS, *([demo.router] if clock.is_demo() else [])],
        rates=settings.rates(),
        checks=[outbox_metrics.check_outbox, watch.check_feed],
        gauges=[
            outbox_metrics.outbox_gauges,
            login_requests.login_request_gauges,
            ics_import.calendar_import_gauges,
            watch.webhook_gauges,
        ],
        trail=audit.AUDIT_LOG,
        practice=Practice,
        inactive=select(col(Supervisor.id)).where(col(Supervisor.deactivated_at).is_not(None)),
    )
    app.state.problem_page = site.pages.show_problem
    return app


@cache
def application() -> FastAPI:
    """The application of this process, by its environment."""
    return create_app(settings())


def start() -> FastAPI:
    """The factory for a server: ``uvicorn --factory services.booking.app:start``."""
    logs.configure("booking-api")
    return application()
