"""Summaries of meetings and the supervisor's private notes over HTTP."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.booking import access, audit, meetings, notes, summaries
from services.booking.confidence import Confidant, Insider, Sealed
from services.booking.evaluation_models import PrivateNote, Summary
from services.booking.notes import NoteWish
from services.booking.parties_api import Configured
from services.booking.safe import Safe
from services.booking.scheduling import SessionIsCancelled
from services.booking.shapes import Wish
from services.booking.summaries import Content, NothingToPublish, Publication, SessionIsAhead, SummaryWish
from services.database import Database
from services.web import etags
from services.web.etags import Match
from services.web.problems import NotFound, documented
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/api/v1/sessions/{session_id}", route_class=TransactionalRoute, tags=["summaries"])
recorded = APIRouter(prefix="/api/v1/sessions/{session_id}", route_class=RecordedRoute, tags=["summaries"])


class ActionShown(BaseModel):
    id: UUID
    text: str
    due_date: date | None
    done: bool


class EditionShown(BaseModel):
    number: int
    published_at: datetime
    sent_letter: bool


class SummaryShown(BaseModel):
    """The summary as its writer sees it: the draft, and whether the participants see the same."""

    id: UUID
    session_id: UUID
    status: Literal["draft", "published", "changed"]
    themes: list[str]
    actions: list[ActionShown]
    reflection: str | None
    written_at: datetime
    editions: list[EditionShown]
    version: int


class Progress(Wish):
    done: bool


class NoteShown(BaseModel):
    session_id: UUID
    text: str
    written_at: datetime
    version: int


def _shown(db: Database, safe: Safe, summary: Summary) -> SummaryShown:
    draft = summaries.draft(safe, summary)
    return SummaryShown(
        id=summary.id,
        session_id=summary.session_id,
        status=_status(db, safe, summary, draft),
        themes=draft.themes,
        actions=[ActionShown(**dict(action), done=action.id in summary.done) for action in draft.actions],
        reflection=draft.reflection,
        written_at=summary.written_at,
        editions=[EditionShown(**edition.model_dump()) for edition in summaries.editions(db, summary.id)],
        version=summary.revision,
    )


def _status(db: Database, safe: Safe, summary: Summary, draft: Content) -> Literal["draft", "published", "changed"]:
    if not summary.edition:
        return "draft"
    return "published" if summaries.published(db, safe, summary) == draft else "changed"


@recorded.get("/summary")
def show_summary(db: Db, now: Now, who: Insider, safe: Sealed, session_id: UUID, response: Response) -> SummaryShown:
    """What was written so far, also before it is published. That it was read is written down."""
    meeting = meetings.find(db, session_id, access.processes(who))
    summary = summaries.of_session(db, meeting.session.id)
    if summary is None:
        raise NotFound
    audit.note(db, now, who.credential, "summary.read", f"summary/{summary.id}")
    response.headers["ETag"] = etags.tag(summary.revision)
    return _shown(db, safe, summary)


@router.put("/summary", responses=documented(SessionIsCancelled))
def write_summary(
    db: Db, now: Now, who: Insider, safe: Sealed, session_id: UUID, wish: SummaryWish, match: Match, response: Response
) -> SummaryShown:
    """Write a draft; nobody else sees it before it is published. The first one takes no If-Match."""
    meeting = meetings.locked(db, session_id, access.processes(who))
    summary = summaries.write(db, safe, meeting, wish, match, now)
    response.headers["ETag"] = etags.tag(summary.revision)
    return _shown(db, safe, summary)


@router.post("/summary/publish", responses=documented(NothingToPublish, SessionIsAhead, SessionIsCancelled))
def publish_summary(
    db: Db,
    now: Now,
    who: Insider,
    settings: Configured,
    safe: Sealed,
    session_id: UUID,
    response: Response,
    wish: Publication | None = None,
) -> SummaryShown:
    """Let the participants read it. Publishing what was changed since is a correction, sent only if asked."""
    meeting = meetings.locked(db, session_id, access.processes(who))
    summary = summaries.publish(db, settings.link_key, safe, meeting, wish or Publication(), now)
    audit.note(db, now, who.credential, "summary.published", f"summary/{summary.id}")
    response.headers["ETag"] = etags.tag(summary.revision)
    return _shown(db, safe, summary)


@router.patch("/summary/actions/{action_id}")
def mark_action(
    db: Db, now: Now, who: Insider, safe: Sealed, session_id: UUID, action_id: UUID, progress: Progress
) -> SummaryShown:
    """Say whether something that was agreed has been done."""
    meeting = meetings.locked(db, session_id, access.processes(who))
    return _shown(db, safe, summaries.mark(db, safe, meeting, action_id, done=progress.done, now=now))


# -- private notes ----------------------------------------------------------------------------------------


def _note_shown(safe: Safe, note: PrivateNote) -> NoteShown:
    text = safe.open(note.text, notes.place(note.session_id))
    return NoteShown(**note.model_dump(exclude={"text"}), text=text)


@recorded.get("/note")
def read_note(db: Db, now: Now, who: Confidant, safe: Sealed, session_id: UUID, response: Response) -> NoteShown:
    """The supervisor's own note. That it was read is written down."""
    meeting = meetings.find(db, session_id, access.processes(who))
    note = notes.read(db, meeting.session.id)
    audit.note(db, now, who.credential, "note.read", f"session/{meeting.session.id}")
    response.headers["ETag"] = etags.tag(note.version)
    return _note_shown(safe, note)


@router.put("/note")
def write_note(
    db: Db, now: Now, who: Confidant, safe: Sealed, session_id: UUID, wish: NoteWish, match: Match, response: Response
) -> NoteShown:
    meeting = meetings.locked(db, session_id, access.processes(who))
    note = notes.write(db, safe, meeting.session.id, wish, match, now)
    audit.note(db, now, who.credential, "note.written", f"session/{meeting.session.id}")
    response.headers["ETag"] = etags.tag(note.version)
    return _note_shown(safe, note)


@router.delete("/note", status_code=204)
def tear_up_note(db: Db, now: Now, who: Confidant, session_id: UUID, match: Match) -> None:
    meeting = meetings.locked(db, session_id, access.processes(who))
    notes.tear_up(db, meeting.session.id, match)
    audit.note(db, now, who.credential, "note.deleted", f"session/{meeting.session.id}")
