"""The page of the supervisor's private note on a meeting. That it was read or written is written down."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking import access, audit, meetings, notes
from services.booking.confidence import Sealed
from services.booking.evaluation_models import PrivateNote
from services.booking.meetings import Meeting
from services.booking.notes import NoteWish
from services.booking.pages import pages
from services.booking.visiting import Supervising
from services.database import Database
from services.web import etags, forms
from services.web.etags import PreconditionFailed
from services.web.forms import Refused, Typed, seen_version
from services.web.problems import NotFound
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute
from services.web.visitors import Visitor, redirect

PREFIX = "/tyo/tapaamiset/{session_id}/muistiinpano"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix=PREFIX, route_class=RecordedRoute, include_in_schema=False)

NONE_YET = 0


@recorded.get("")
def read(db: Db, now: Now, visitor: Supervising, safe: Sealed, session_id: UUID) -> Response:
    meeting = meetings.find(db, session_id, access.processes(visitor.principal))
    note = db.get(PrivateNote, session_id)
    if note is None:
        return _page(visitor, meeting, None, {})
    _record(db, visitor, "note.read", session_id, now)
    return _page(visitor, meeting, note, {"text": safe.open(note.text, notes.place(session_id))})


@router.post("")
def write(db: Db, now: Now, visitor: Supervising, safe: Sealed, session_id: UUID, typed: Typed) -> Response:
    meeting = meetings.locked(db, session_id, access.processes(visitor.principal))
    note = db.get(PrivateNote, session_id)
    try:
        match = seen_version(typed)
        match.check(_version(note))
        notes.write(db, safe, session_id, NoteWish.model_validate({"text": typed.get("text", "")}), match, now)
    except (ValidationError, PreconditionFailed) as refused:
        return _page(visitor, meeting, note, typed, refused)
    _record(db, visitor, "note.written", session_id, now)
    return redirect(f"/tyo/tapaamiset/{session_id}", tehty="muistiinpano")


@router.post("/poista")
def tear_up(db: Db, now: Now, visitor: Supervising, session_id: UUID, typed: Typed) -> Response:
    meeting = meetings.locked(db, session_id, access.processes(visitor.principal))
    note = db.get(PrivateNote, session_id)
    if note is None:
        raise NotFound
    try:
        notes.tear_up(db, session_id, seen_version(typed))
    except PreconditionFailed as changed:
        return _page(visitor, meeting, note, typed, changed)
    _record(db, visitor, "note.deleted", session_id, now)
    return redirect(f"/tyo/tapaamiset/{session_id}", tehty="poistettu")


def _record(db: Database, visitor: Visitor, action: str, session_id: UUID, now: datetime) -> None:
    audit.note(db, now, visitor.principal.credential, action, f"session/{session_id}")


def _version(note: PrivateNote | None) -> str:
    return etags.tag(note.version if note else NONE_YET)


def _page(
    visitor: Visitor,
    meeting: Meeting,
    note: PrivateNote | None,
    typed: Mapping[str, str],
    refused: Refused | None = None,
) -> Response:
    """Words that somebody else has saved meanwhile are not shown here: reading them is written down."""
    return pages.show(
        "session_note.html",
        forms.status_of(refused),
        visitor=visitor,
        process=meeting.process,
        session=meeting.session,
        note=note,
        is_outdated=isinstance(refused, PreconditionFailed),
        version=forms.version_seen(_version(note), typed, refused),
        typed=typed,
        wrong=forms.reasons(refused),
    )
