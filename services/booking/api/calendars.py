"""Calendars over HTTP: the feed to subscribe to, and the supervisor's other calendars whose busy times count."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.booking.calendar import ics_feed, ics_import
from services.booking.dependencies import Configured
from services.booking.models.calendar import CalendarImport
from services.booking.security import links, permissions
from services.web.errors.problems import documented
from services.web.protocol import etags
from services.web.security.tokens import Staff
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["calendars"])

IMPORTS_PATH = "/supervisors/{supervisor_id}/calendars"


class DoubtShown(BaseModel):
    """An entry that could not be read as it was meant, and when it is, if that is known."""

    at: datetime | None
    why: str


class CalendarImportPublic(BaseModel):
    """`last_error` says why it could not be read the last time; the busy times before that still count.

    `unread` is how many of its entries could not be read as they were meant, `doubts` are the first of them.
    """

    id: UUID
    url: str
    fetched_at: datetime | None
    refresh_at: datetime
    failures: int
    last_error: str | None
    declined_are_busy: bool
    unread: int
    doubts: list[DoubtShown]


class CalendarImports(BaseModel):
    items: list[CalendarImportPublic]
    next_cursor: None = None


def import_public(imported: CalendarImport) -> CalendarImportPublic:
    return CalendarImportPublic.model_validate(imported, from_attributes=True)


@router.get("/calendar/{secret}.ics", response_class=Response, responses={200: {"content": {"text/calendar": {}}}})
def serve_calendar_feed(db: Db, now: Now, request: Request, settings: Configured, secret: str) -> Response:
    """Whoever knows the address may subscribe to the calendar; it can't be used for anything else."""
    link = links.find_link(db, links.LinkPurpose.calendar, secret, now)
    entries = ics_feed.list_calendar_entries(db, link.subject_id, settings.installation, now)
    headers = {"ETag": ics_feed.calendar_etag(entries)}
    known = etags.not_modified_or(request, Response(headers=headers))
    if known.status_code == 304:
        return known
    return Response(ics_feed.render_calendar(entries), media_type="text/calendar; charset=utf-8", headers=headers)


@router.post(IMPORTS_PATH, status_code=201, responses=documented(ics_import.TooManyCalendars))
def create_calendar_import(
    db: Db, now: Now, who: Staff, supervisor_id: UUID, wanted: ics_import.CalendarImportCreate, response: Response
) -> CalendarImportPublic:
    """It is read within a minute and every hour from then on."""
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id, lock=True)
    imported = ics_import.import_calendar(db, supervisor, wanted, now)
    response.headers["Location"] = f"/api/v1/supervisors/{supervisor.id}/calendars/{imported.id}"
    return import_public(imported)


@router.get(IMPORTS_PATH)
def list_calendar_imports(db: Db, who: Staff, supervisor_id: UUID) -> CalendarImports:
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id)
    return CalendarImports(items=[*map(import_public, ics_import.list_imports_of_supervisor(db, supervisor.id))])


@router.delete(IMPORTS_PATH + "/{import_id}", status_code=204)
def delete_calendar_import(db: Db, who: Staff, supervisor_id: UUID, import_id: UUID) -> None:
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id)
    ics_import.drop_calendar_import(db, supervisor.id, import_id)
