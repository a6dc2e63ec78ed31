"""The page on which a participant chooses their reminders; its link stands in every reminder. It needs no scripts."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from services.notifier.models import Preference
from services.notifier.pages.site import pages
from services.notifier.planning import planner, preferences
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/viestiasetukset", route_class=TransactionalRoute, include_in_schema=False)

TickBox = Annotated[str, Form(max_length=20)]
CameFrom = Annotated[str, Query(alias="paluu", pattern=r"^(/osallistuja/[\w-]+)?$", max_length=100)]
"""The participant's own page, if they came from there."""


@router.get("/{secret}")
def show_preferences(db: Db, request: Request, secret: str, came_from: CameFrom = "") -> Response:
    _, preference = preferences.find_preference(db, secret)
    return _page(request, preference, came_from)


@router.post("/{secret}")
def submit_preferences(
    db: Db,
    now: Now,
    request: Request,
    secret: str,
    came_from: CameFrom = "",
    reminder_week: TickBox = "",
    reminder_day: TickBox = "",
    unsubscribe: Annotated[str, Form(alias="List-Unsubscribe", max_length=20)] = "",
) -> Response:
    """What is ticked is wanted. One press in a mail program (RFC 8058) comes here too, and wants no reminder at all."""
    participant, preference = preferences.find_preference(db, secret)
    planner.lock_planning(db, participant.process_id)
    preference.reminder_week = bool(reminder_week) and not unsubscribe
    preference.reminder_day = bool(reminder_day) and not unsubscribe
    db.flush()
    planner.plan_letters(db, planner.PROCESS_LETTERS, participant.process_id, now)
    return _page(request, preference, came_from, saved=True)


def _page(request: Request, preference: Preference, came_from: str, *, saved: bool = False) -> Response:
    booking = request.app.state.settings.public_url
    return pages.show(
        "preferences.html",
        chosen=preference.model_dump(),
        privacy_url=f"{booking}/tietosuoja",
        back=f"{booking}{came_from or '/'}",
        is_from_own_page=bool(came_from),
        saved=saved,
    )
