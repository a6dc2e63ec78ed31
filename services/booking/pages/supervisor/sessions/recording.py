"""The page on which a supervisor records a session: attendance, summary and their private note, saved as they type."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured, NotesEncryption
from services.booking.models.sessions import PrivateNote, Summary
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import pages
from services.booking.pages.supervisor.sessions import recording_form, session_view
from services.booking.security import audit, permissions
from services.booking.sessions import attendance, intentions, notes, sessions, summaries
from services.booking.sessions.booking import SessionIsCancelled
from services.booking.sessions.sessions import SessionWithProcess
from services.booking.sessions.summaries import NothingToPublish, PublicationCreate, SessionIsAhead
from services.booking.settings import Settings
from services.core.database import Database
from services.core.encryption import Encryption
from services.web.errors.problems import InvalidRequest
from services.web.pages import forms
from services.web.pages.forms import MORE, Refused, Typed, version_field
from services.web.protocol import etags
from services.web.protocol.etags import IfMatch, PreconditionFailed
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

PREFIX = "/tyo/tapaamiset/{session_id}/kirjaa"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix=PREFIX, route_class=RecordedRoute, include_in_schema=False)

PUBLISH, LETTER, NOTE = "julkaise", "kirje", "muistiinpano"
ANY_VERSION = IfMatch("*")
NOT_TO_BE_RECORDED = (SessionIsCancelled, attendance.SessionNotBegun, NothingToPublish, SessionIsAhead)
REFUSALS = (ValidationError, InvalidRequest, PreconditionFailed, *NOT_TO_BE_RECORDED)


@dataclass(frozen=True)
class RecordAttempt:
    """What was typed, and why it can't be saved."""

    typed: Mapping[str, str]
    refused: Refused | None = None
    more_rows: int = 0


@recorded.get("")
def show_record_form(
    db: Db, now: Now, visitor: LoggedInSupervisor, encryption: NotesEncryption, session_id: UUID
) -> Response:
    meeting = _find_session(db, visitor, session_id)
    summary = summaries.find_summary(db, session_id)
    if summary:
        audit.note(db, now, "summary.read", f"summary/{summary.id}")
    fields = recording_form.summary_fields(summaries.draft_content(encryption, summary) if summary else None)
    fields |= _attendance(db, meeting) | _note_field(db, encryption, session_id, now)
    return _page(db, visitor, encryption, meeting, now, RecordAttempt(fields))


def _note_field(db: Database, encryption: Encryption, session_id: UUID, now: datetime) -> dict[str, str]:
    """The private note; reading it is audited."""
    note = db.get(PrivateNote, session_id)
    if note is None:
        return {}
    audit.note(db, now, "note.read", f"session/{session_id}")
    return {NOTE: notes.open_note(encryption, note)}


def _find_session(db: Database, visitor: Visitor, session_id: UUID) -> SessionWithProcess:
    return sessions.find_session(db, session_id, permissions.visible_processes(visitor.principal))


def _attendance(db: Database, meeting: SessionWithProcess) -> dict[str, str]:
    states = attendance.attendance_of_session(db, meeting.session.id)
    expected = session_view.expected_participants(db, meeting, states)
    attended = intentions.expected_attendance(db, [meeting.session]).get(meeting.session.id)
    cannot = [person.id for person in attended.cannot] if attended else []
    return recording_form.attendance_fields(meeting.session, expected, states, cannot)


@router.post("")
def submit_record(
    db: Db,
    now: Now,
    visitor: LoggedInSupervisor,
    settings: Configured,
    encryption: NotesEncryption,
    session_id: UUID,
    typed: Typed,
) -> Response:
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(visitor.principal))
    if MORE in typed:
        db.rollback()  # nothing is done yet, so the form's key is not used up
        attempt = RecordAttempt(typed, more_rows=1)
        return _page(db, visitor, encryption, _find_session(db, visitor, session_id), now, attempt)
    try:
        done = _save_record(db, visitor, settings, encryption, meeting, typed, now)
    except REFUSALS as refused:
        db.rollback()
        attempt = RecordAttempt(typed, refused)
        return _page(db, visitor, encryption, _find_session(db, visitor, session_id), now, attempt)
    return redirect(f"/tyo/tapaamiset/{session_id}", tehty=done)


def _save_record(
    db: Database,
    visitor: Visitor,
    settings: Settings,
    encryption: Encryption,
    meeting: SessionWithProcess,
    typed: Mapping[str, str],
    now: datetime,
) -> str:
    """Save the whole form; returns what was done."""
    version_field(typed).check(_version(db, meeting))
    present = recording_form.parse_attendance(typed)
    if present:
        by = permissions.actor_of(visitor.principal)
        attendance.write_attendance(db, settings.link_key, meeting, present, by, now)
    summary = _save_summary(db, encryption, meeting, typed, now)
    _save_note(db, encryption, meeting.session.id, typed, now)
    if PUBLISH in typed:
        _publish(db, visitor, settings, encryption, meeting, typed, now)
        return "julkaistu"
    if summary is None:
        return "lasna"
    return "kirjattu" if present else "luonnos"


def _publish(
    db: Database,
    visitor: Visitor,
    settings: Settings,
    encryption: Encryption,
    meeting: SessionWithProcess,
    typed: Mapping[str, str],
    now: datetime,
) -> None:
    """The first edition is sent by letter, a correction only if the box was ticked."""
    if summaries.find_summary(db, meeting.session.id) is None:
        raise NothingToPublish
    publication = PublicationCreate(send_letter=True) if LETTER in typed else PublicationCreate()
    summary = summaries.publish_edition(db, settings.link_key, encryption, meeting, publication, now)
    audit.note(db, now, "summary.published", f"summary/{summary.id}")


@router.post("/luonnos")
def save_record_draft(
    db: Db, now: Now, visitor: LoggedInSupervisor, encryption: NotesEncryption, session_id: UUID, typed: Typed
) -> Response:
    """Save the texts while they are written; who came is recorded by a button. Answers with the version of now."""
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(visitor.principal))
    version_field(typed).check(_version(db, meeting))
    try:
        _save_summary(db, encryption, meeting, typed, now)
        if typed.get(NOTE, "").strip():
            _save_note(db, encryption, session_id, typed, now)
    except (ValidationError, InvalidRequest):
        return Response(status_code=forms.INVALID)
    return Response(status_code=204, headers={"ETag": _version(db, meeting)})


def _save_summary(
    db: Database, encryption: Encryption, meeting: SessionWithProcess, typed: Mapping[str, str], now: datetime
) -> Summary | None:
    summary, wanted = summaries.find_summary(db, meeting.session.id), recording_form.parse_summary(typed)
    if summary is None and recording_form.is_summary_empty(wanted):
        return None
    return summaries.save_summary(db, encryption, meeting, wanted, ANY_VERSION, now)


def _save_note(db: Database, encryption: Encryption, session_id: UUID, typed: Mapping[str, str], now: datetime) -> None:
    """An emptied note is deleted; one that says what it said before is left alone."""
    if NOTE not in typed:
        return
    note = db.get(PrivateNote, session_id)
    if not typed[NOTE].strip():
        if note:
            notes.remove_note(db, session_id, ANY_VERSION)
            audit.note(db, now, "note.deleted", f"session/{session_id}")
        return
    wanted = notes.NoteCreate.model_validate({"text": typed[NOTE]})
    if note is None or notes.open_note(encryption, note) != wanted.text:
        notes.save_note(db, encryption, session_id, wanted, ANY_VERSION, now)
        audit.note(db, now, "note.written", f"session/{session_id}")


def _version(db: Database, meeting: SessionWithProcess) -> str:
    """Attendance, summary and note are on one page, so its version is made of all three."""
    summary, note = summaries.find_summary(db, meeting.session.id), db.get(PrivateNote, meeting.session.id)
    revision, written = summary.revision if summary else 0, note.version if note else 0
    return etags.etag(meeting.session.version, revision, written)


def _page(
    db: Database,
    visitor: Visitor,
    encryption: Encryption,
    meeting: SessionWithProcess,
    now: datetime,
    attempt: RecordAttempt,
) -> Response:
    """What somebody else has saved meanwhile is not shown here, as reading it is audited."""
    process, session = meeting
    last_time = summaries.previous_summary(db, encryption, session)
    if last_time and last_time.content.actions:
        audit.note(db, now, "summary.read", f"summary/{last_time.summary_id}")
    summary, states = summaries.find_summary(db, session.id), attendance.attendance_of_session(db, session.id)
    return pages.show(
        "session_record.html",
        forms.status_of(attempt.refused),
        visitor=visitor,
        process=process,
        session=session,
        expected=session_view.expected_participants(db, meeting, states) if session.starts_at <= now else [],
        summary=summary,
        last_time=last_time,
        version=forms.version_seen(_version(db, meeting), attempt.typed, attempt.refused),
        now=now,
        rows=recording_form.with_spare_action_rows(attempt.typed, attempt.more_rows),
        is_outdated=isinstance(attempt.refused, PreconditionFailed),
        typed=attempt.typed,
        wrong=recording_form.reasons_by_form_field(forms.reasons(attempt.refused), attempt.typed),
    )
