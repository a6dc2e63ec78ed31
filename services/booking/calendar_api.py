"""Calendars over HTTP: the feed to subscribe to, and the supervisor's other calendars whose busy times count."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.booking import access, calendar_feed, calendar_import, links
from services.booking.calendar_import import CalendarWish, TooManyCalendars
from services.booking.links import Purpose
from services.booking.models import CalendarImport
from services.booking.parties_api import Configured
from services.web import etags
from services.web.problems import documented
from services.web.tokens import Staff
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["calendars"])

IMPORTS = "/supervisors/{supervisor_id}/calendars"


class ImportShown(BaseModel):
    """`last_error` says why it could not be read the last time; the busy times before that still count."""

    id: UUID
    url: str
    fetched_at: datetime | None
    refresh_at: datetime
    failures: int
    last_error: str | None


class Imports(BaseModel):
    items: list[ImportShown]


def shown(imported: CalendarImport) -> ImportShown:
    return ImportShown.model_validate(imported, from_attributes=True)


@router.get("/calendar/{secret}.ics", response_class=Response)
def feed(db: Db, now: Now, request: Request, settings: Configured, secret: str) -> Response:
    """Whoever knows the address may subscribe to the calendar; it can't be used for anything else."""
    link = links.find(db, Purpose.calendar, secret, now)
    entries = calendar_feed.entries_of(db, link.subject_id, now)
    headers = {"ETag": calendar_feed.version_of(entries)}
    known = etags.unless_known(request, Response(headers=headers))
    if known.status_code == 304:
        return known
    rendered = calendar_feed.render(entries, settings.installation)
    return Response(rendered, media_type="text/calendar; charset=utf-8", headers=headers)


@router.post(IMPORTS, status_code=201, responses=documented(TooManyCalendars))
def add_import(
    db: Db, now: Now, who: Staff, supervisor_id: UUID, wish: CalendarWish, response: Response
) -> ImportShown:
    """It is read within a minute and every hour from then on."""
    supervisor = access.practice(db, who, supervisor_id, lock=True)
    imported = calendar_import.add(db, supervisor, wish, now)
    response.headers["Location"] = f"/api/v1/supervisors/{supervisor.id}/calendars/{imported.id}"
    return shown(imported)


@router.get(IMPORTS)
def list_imports(db: Db, who: Staff, supervisor_id: UUID) -> Imports:
    supervisor = access.practice(db, who, supervisor_id)
    return Imports(items=[shown(one) for one in calendar_import.of_supervisor(db, supervisor.id)])


@router.delete(IMPORTS + "/{import_id}", status_code=204)
def remove_import(db: Db, who: Staff, supervisor_id: UUID, import_id: UUID) -> None:
    supervisor = access.practice(db, who, supervisor_id)
    calendar_import.remove(db, supervisor.id, import_id)
