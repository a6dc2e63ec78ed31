"""The API of session summaries and of the supervisor's private notes."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.booking.dependencies import Configured, NotesEncryption, StaffOrNotFound, SupervisorOrNotFound
from services.booking.models.sessions import PrivateNote, Summary
from services.booking.security import audit, permissions
from services.booking.sessions import notes, sessions, summaries
from services.booking.sessions.booking import SessionIsCancelled
from services.booking.sessions.summaries import (
    NothingToPublish,
    PublicationCreate,
    SessionIsAhead,
    SummaryContent,
    SummaryCreate,
)
from services.core.database import Database
from services.core.encryption import Encryption
from services.web.errors.problems import documented
from services.web.protocol import etags
from services.web.protocol.etags import Match
from services.web.protocol.fields import RequestBody
from services.web.security.tokens import Principal, Role
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/api/v1/sessions/{session_id}", route_class=TransactionalRoute, tags=["summaries"])
recorded = APIRouter(prefix="/api/v1/sessions/{session_id}", route_class=RecordedRoute, tags=["summaries"])


class ActionPublic(BaseModel):
    id: UUID
    text: str
    due_date: date | None
    done: bool


class EditionPublic(BaseModel):
    number: int
    published_at: datetime
    sent_letter: bool


class SummaryPublic(BaseModel):
    """The summary as its author sees it: the draft, and whether participants see the same text."""

    id: UUID
    session_id: UUID
    status: Literal["draft", "published", "changed"]
    themes: list[str]
    actions: list[ActionPublic]
    reflection: str | None
    written_at: datetime
    editions: list[EditionPublic]
    version: int


class ActionUpdate(RequestBody):
    done: bool


class NotePublic(BaseModel):
    session_id: UUID
    text: str
    written_at: datetime
    version: int


def _summary_public(db: Database, encryption: Encryption, summary: Summary) -> SummaryPublic:
    draft = summaries.draft_content(encryption, summary)
    return SummaryPublic(
        id=summary.id,
        session_id=summary.session_id,
        status=_summary_status(db, encryption, summary, draft),
        themes=draft.themes,
        actions=[ActionPublic(**dict(action), done=action.id in summary.done) for action in draft.actions],
        reflection=draft.reflection,
        written_at=summary.written_at,
        editions=[EditionPublic(**edition.model_dump()) for edition in summaries.list_editions(db, summary.id)],
        version=summary.revision,
    )


def _shown_to(who: Principal, shown: SummaryPublic) -> SummaryPublic:
    """The administrator may publish a summary and mark what was done of it, but reads no word of it."""
    if who.role is not Role.admin:
        return shown
    actions = [action.model_copy(update={"text": ""}) for action in shown.actions]
    return shown.model_copy(update={"themes": [], "actions": actions, "reflection": None})


def _summary_status(
    db: Database, encryption: Encryption, summary: Summary, draft: SummaryContent
) -> Literal["draft", "published", "changed"]:
    if not summary.edition:
        return "draft"
    return "published" if summaries.published_content(db, encryption, summary) == draft else "changed"


@recorded.get("/summary")
def show_summary(
    db: Db, now: Now, who: StaffOrNotFound, encryption: NotesEncryption, session_id: UUID, response: Response
) -> SummaryPublic:
    """The draft, also before it is published. The reading is audited; the administrator reads no word of it."""
    meeting = sessions.find_session(db, session_id, permissions.visible_processes(who))
    summary = summaries.existing_summary(db, meeting.session.id)
    audit.note(db, now, "summary.read", f"summary/{summary.id}")
    response.headers["ETag"] = etags.etag(summary.revision)
    return _shown_to(who, _summary_public(db, encryption, summary))


@router.put("/summary", responses=documented(SessionIsCancelled))
def write_summary(
    db: Db,
    now: Now,
    who: StaffOrNotFound,
    encryption: NotesEncryption,
    session_id: UUID,
    wanted: SummaryCreate,
    match: Match,
    response: Response,
) -> SummaryPublic:
    """Save the draft; nobody else sees it before it is published. The first time needs no If-Match."""
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(who))
    summary = summaries.save_summary(db, encryption, meeting, wanted, match, now)
    response.headers["ETag"] = etags.etag(summary.revision)
    return _summary_public(db, encryption, summary)


@router.post("/summary/publish", responses=documented(NothingToPublish, SessionIsAhead, SessionIsCancelled))
def publish_summary(
    db: Db,
    now: Now,
    who: StaffOrNotFound,
    settings: Configured,
    encryption: NotesEncryption,
    session_id: UUID,
    response: Response,
    wanted: PublicationCreate | None = None,
) -> SummaryPublic:
    """Let the participants read it. Publishing again is a correction, sent by letter only on request."""
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(who))
    summary = summaries.publish_edition(db, settings.link_key, encryption, meeting, wanted or PublicationCreate(), now)
    audit.note(db, now, "summary.published", f"summary/{summary.id}")
    response.headers["ETag"] = etags.etag(summary.revision)
    return _shown_to(who, _summary_public(db, encryption, summary))


@router.patch("/summary/actions/{action_id}")
def update_action(
    db: Db,
    now: Now,
    who: StaffOrNotFound,
    encryption: NotesEncryption,
    session_id: UUID,
    action_id: UUID,
    progress: ActionUpdate,
) -> SummaryPublic:
    """Mark an agreed action as done or not done."""
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(who))
    summary = summaries.mark_action(db, encryption, meeting, action_id, done=progress.done, now=now)
    return _shown_to(who, _summary_public(db, encryption, summary))


def _note_public(encryption: Encryption, note: PrivateNote) -> NotePublic:
    text = encryption.open(note.text, notes.note_context(note.session_id))
    return NotePublic(**note.model_dump(exclude={"text"}), text=text)


@recorded.get("/note")
def show_note(
    db: Db, now: Now, who: SupervisorOrNotFound, encryption: NotesEncryption, session_id: UUID, response: Response
) -> NotePublic:
    """The supervisor's own note. The reading is audited."""
    meeting = sessions.find_session(db, session_id, permissions.visible_processes(who))
    note = db.get_one(PrivateNote, meeting.session.id)
    audit.note(db, now, "note.read", f"session/{meeting.session.id}")
    response.headers["ETag"] = etags.etag(note.version)
    return _note_public(encryption, note)


@router.put("/note")
def write_note(
    db: Db,
    now: Now,
    who: SupervisorOrNotFound,
    encryption: NotesEncryption,
    session_id: UUID,
    wanted: notes.NoteCreate,
    match: Match,
    response: Response,
) -> NotePublic:
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(who))
    note = notes.save_note(db, encryption, meeting.session.id, wanted, match, now)
    audit.note(db, now, "note.written", f"session/{meeting.session.id}")
    response.headers["ETag"] = etags.etag(note.version)
    return _note_public(encryption, note)


@router.delete("/note", status_code=204)
def delete_note(db: Db, now: Now, who: SupervisorOrNotFound, session_id: UUID, match: Match) -> None:
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(who))
    notes.remove_note(db, meeting.session.id, match)
    audit.note(db, now, "note.deleted", f"session/{meeting.session.id}")
