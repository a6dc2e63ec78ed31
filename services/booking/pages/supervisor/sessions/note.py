"""The page of the supervisor's private note on a session. Reading and writing it are audited."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import NotesEncryption
from services.booking.models.sessions import PrivateNote
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import pages
from services.booking.security import audit, permissions
from services.booking.sessions import notes, sessions
from services.web.pages import forms
from services.web.pages.forms import Refused, Typed, version_field
from services.web.protocol import etags
from services.web.protocol.etags import PreconditionFailed
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

PREFIX = "/tyo/tapaamiset/{session_id}/muistiinpano"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix=PREFIX, route_class=RecordedRoute, include_in_schema=False)

NO_VERSION = 0


@recorded.get("")
def show_note_page(
    db: Db, now: Now, visitor: LoggedInSupervisor, encryption: NotesEncryption, session_id: UUID
) -> Response:
    meeting = sessions.find_session(db, session_id, permissions.visible_processes(visitor.principal))
    note = db.get(PrivateNote, session_id)
    if note is None:
        return _page(visitor, meeting, None, {})
    audit.note(db, now, "note.read", f"session/{session_id}")
    return _page(visitor, meeting, note, {"text": notes.open_note(encryption, note)})


@router.post("")
def submit_note(
    db: Db, now: Now, visitor: LoggedInSupervisor, encryption: NotesEncryption, session_id: UUID, typed: Typed
) -> Response:
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(visitor.principal))
    note = db.get(PrivateNote, session_id)
    try:
        match = version_field(typed)
        match.check(_version(note))
        wanted = notes.NoteCreate.model_validate({"text": typed.get("text", "")})
        notes.save_note(db, encryption, session_id, wanted, match, now)
    except (ValidationError, PreconditionFailed) as refused:
        return _page(visitor, meeting, note, typed, refused)
    audit.note(db, now, "note.written", f"session/{session_id}")
    return redirect(f"/tyo/tapaamiset/{session_id}", tehty="muistiinpano")


@router.post("/poista")
def delete_note_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, session_id: UUID, typed: Typed
) -> Response:
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(visitor.principal))
    note = db.get_one(PrivateNote, session_id)
    try:
        notes.remove_note(db, session_id, version_field(typed))
    except PreconditionFailed as changed:
        return _page(visitor, meeting, note, typed, changed)
    audit.note(db, now, "note.deleted", f"session/{session_id}")
    return redirect(f"/tyo/tapaamiset/{session_id}", tehty="poistettu")


def _version(note: PrivateNote | None) -> str:
    return etags.etag(note.version if note else NO_VERSION)


def _page(
    visitor: Visitor,
    meeting: sessions.SessionWithProcess,
    note: PrivateNote | None,
    typed: Mapping[str, str],
    refused: Refused | None = None,
) -> Response:
    """What somebody else has saved meanwhile is not shown here, as reading it is audited."""
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
