"""A supervisor's own page, that anybody may open, find and link to: /t/<name>."""

from datetime import datetime, timedelta
from itertools import islice

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from services.booking.calendar import availability, slots
from services.booking.dependencies import Configured
from services.booking.pages.site import pages
from services.booking.presence import practice, public_pages
from services.booking.presence.public_pages import FoundPage
from services.booking.supervision.processes import SESSION_LENGTHS
from services.core.database import Database
from services.finnish.vocabulary import FORM_LABELS
from services.finnish.workdays import local
from services.web.pages.rendering import SHARE_CARD
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/t", route_class=TransactionalRoute, include_in_schema=False)

DAYS_SHOWN, TIMES_A_DAY = 3, 4
SEARCHED = timedelta(days=42)
DESCRIBED = 160
"""Search engines show about as many characters of a description."""


@router.get("/{slug}")
def show_supervisor_page(db: Db, now: Now, settings: Configured, slug: str) -> Response:
    found = public_pages.find_page(db, slug.lower())
    if slug != found.slug:
        return RedirectResponse(f"/t/{found.slug}", 301)
    own = practice.practice_of(db)
    planned = availability.load_practice(db, found.supervisor.id)
    return pages.show_in_public(
        "supervisor_page.html",
        supervisor=found.supervisor,
        page=found.page,
        address=f"{settings.public_url}/t/{found.slug}",
        picture=f"{settings.public_url}{found.page.photo_path or SHARE_CARD.format(own.accent[1:])}",
        description=_description(found, own.name),
        offered=public_pages.forms_offered(db, found.supervisor.id),
        forms=FORM_LABELS,
        lengths=SESSION_LENGTHS,
        prices=practice.offered(own),
        minutes=int(planned.intake_length.total_seconds() // 60),
        free=_next_free_times(db, planned, now),
    )


def _next_free_times(db: Database, planned: availability.Practice, now: datetime) -> list[list[datetime]]:
    """The first free times of the next days that have any, the times of a day spread over it."""
    zone = planned.rules.zone
    today = local(now, zone).date()
    last = min(today + SEARCHED, planned.rules.last_day(now))
    calendar = availability.load_calendar(db, planned, today, last, now)
    days = dict[object, list[datetime]]()
    for start in slots.free_starts(calendar, None, planned.intake_length, today, last, now):
        days.setdefault(local(start, zone).date(), []).append(start)
        if len(days) > DAYS_SHOWN:
            break
    return [_spread(starts) for starts in islice(days.values(), DAYS_SHOWN)]


def _spread(starts: list[datetime]) -> list[datetime]:
    step = max(1, -(-len(starts) // TIMES_A_DAY))
    return starts[::step]


def _description(found: FoundPage, name: str) -> str:
    """The beginning of the introduction, up to the end of a word."""
    words = " ".join((found.page.introduction or "").split())
    if not words:
        title = found.supervisor.title or "työnohjaaja"
        return f"{found.supervisor.name}, {title}. {name}: varaa kartoittava keskustelu."
    return words if len(words) <= DESCRIBED else words[: DESCRIBED - 1].rpartition(" ")[0] + "…"
