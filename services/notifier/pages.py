"""The page on which a participant chooses their reminders; its link stands in every reminder. It needs no scripts."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from services.notifier import planning, preferences
from services.notifier.models import Preference
from services.web.pages import Pages
from services.web.transactions import Db, Now, TransactionalRoute

pages = Pages("services.notifier")
router = APIRouter(prefix="/viestiasetukset", route_class=TransactionalRoute, include_in_schema=False)

Ticked = Annotated[str, Form(max_length=20)]


@router.get("/{secret}")
def show(db: Db, request: Request, secret: str) -> Response:
    _, preference = preferences.find(db, secret)
    return _page(request, preference)


@router.post("/{secret}")
def choose(
    db: Db,
    now: Now,
    request: Request,
    secret: str,
    reminder_week: Ticked = "",
    reminder_day: Ticked = "",
    unsubscribe: Annotated[str, Form(alias="List-Unsubscribe", max_length=20)] = "",
) -> Response:
    """What is ticked is wanted. One press in a mail program (RFC 8058) comes here too, and wants no reminder at all."""
    participant, preference = preferences.find(db, secret)
    planning.hold(db, participant.process_id)
    preference.reminder_week = bool(reminder_week) and not unsubscribe
    preference.reminder_day = bool(reminder_day) and not unsubscribe
    db.flush()
    planning.plan(db, planning.PROCESS, participant.process_id, now)
    return _page(request, preference, saved=True)


def _page(request: Request, preference: Preference, *, saved: bool = False) -> Response:
    privacy_url = f"{request.app.state.settings.public_url}/tietosuoja"
    return pages.show("preferences.html", chosen=preference.model_dump(), privacy_url=privacy_url, saved=saved)
