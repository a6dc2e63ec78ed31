"""The booking service's HTTP face: its routers, its pages, its limits, and what stands still when it is not ready."""

from fastapi import FastAPI

from services import clock
from services.booking import (
    admin_pages,
    audit,
    availability_api,
    booking_pages,
    calendar_api,
    client_book_pages,
    client_booking_pages,
    client_pages,
    client_people_pages,
    credentials_api,
    demo_api,
    evaluation_api,
    evaluation_pages,
    goal_pages,
    goals_api,
    intake_book_pages,
    intake_pages,
    intakes_api,
    login_pages,
    logins_api,
    pages,
    participant_pages,
    parties_api,
    process_opening_pages,
    process_pages,
    process_people_pages,
    round_pages,
    scheduling_api,
    summaries_api,
    summary_pages,
    supervision_api,
    today_pages,
    tokens_api,
    trail_pages,
    visiting,
)
from services.booking.settings import Settings
from services.database import engine
from services.web import backlog
from services.web import pages as web_pages
from services.web.application import application

ROUTERS = (
    tokens_api.router,
    parties_api.router,
    credentials_api.router,
    supervision_api.router,
    supervision_api.recorded,
    availability_api.router,
    scheduling_api.router,
    intakes_api.router,
    calendar_api.router,
    goals_api.router,
    evaluation_api.router,
    evaluation_api.recorded,
    summaries_api.router,
    summaries_api.recorded,
    logins_api.router,
    pages.router,
    visiting.router,
    login_pages.router,
    client_pages.router,
    client_booking_pages.router,
    client_people_pages.router,
    today_pages.router,
    booking_pages.router,
    process_opening_pages.router,
    process_people_pages.router,
    process_people_pages.recorded,
    goal_pages.router,
    round_pages.router,
    round_pages.recorded,
    process_pages.router,
    client_book_pages.router,
    intake_book_pages.router,
    admin_pages.router,
    trail_pages.router,
    participant_pages.router,
    intake_pages.router,
    evaluation_pages.router,
    summary_pages.router,
    participant_pages.recorded,
    web_pages.router,
)


def face(settings: Settings) -> FastAPI:
    app = application(
        title="Työnohjaus: booking",
        address=settings.public_url,
        settings=settings,
        engine=engine(settings.booking_database_url),
        routers=[*ROUTERS, *([demo_api.router] if clock.is_demo() else [])],
        rates=settings.rates(),
        checks=[backlog.check],
        gauges=[backlog.gauges],
        trail=audit.TRAIL,
    )
    app.state.problem_page = pages.pages.show_problem
    return app
