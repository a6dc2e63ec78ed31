"""The page on which a supervisor writes down a meeting, in under a minute: who came, and its summary."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking import access, attendance, audit, meetings, record_form, session_view, summaries
from services.booking.attendance import SessionNotBegun
from services.booking.confidence import Sealed
from services.booking.evaluation_models import Summary
from services.booking.meetings import Meeting
from services.booking.pages import pages
from services.booking.parties_api import Configured
from services.booking.safe import Safe
from services.booking.scheduling import SessionIsCancelled
from services.booking.settings import Settings
from services.booking.summaries import NothingToPublish, Publication, SessionIsAhead
from services.booking.visiting import Supervising
from services.database import Database
from services.web import etags, forms
from services.web.etags import IfMatch, PreconditionFailed
from services.web.forms import MORE, Refused, Typed, seen_version
from services.web.problems import InvalidRequest
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute
from services.web.visitors import Visitor, redirect

PREFIX = "/tyo/tapaamiset/{session_id}/kirjaa"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix=PREFIX, route_class=RecordedRoute, include_in_schema=False)

PUBLISH, LETTER = "julkaise", "kirje"
WHATEVER_IT_IS = IfMatch("*")
REFUSALS = (
    ValidationError,
    InvalidRequest,
    PreconditionFailed,
    SessionIsCancelled,
    SessionNotBegun,
    NothingToPublish,
    SessionIsAhead,
)


@dataclass(frozen=True)
class Attempt:
    """What was typed, and why it can't be saved."""

    typed: Mapping[str, str]
    refused: Refused | None = None
    more_rows: int = 0


@recorded.get("")
def show(db: Db, now: Now, visitor: Supervising, safe: Sealed, session_id: UUID) -> Response:
    meeting = _found(db, visitor, session_id)
    summary = summaries.of_session(db, session_id)
    if summary:
        audit.note(db, now, visitor.principal.credential, "summary.read", f"summary/{summary.id}")
    words = record_form.of_content(summaries.draft(safe, summary) if summary else None)
    return _page(db, visitor, meeting, now, Attempt(words | _attendance(db, meeting)))


def _found(db: Database, visitor: Visitor, session_id: UUID) -> Meeting:
    return meetings.find(db, session_id, access.processes(visitor.principal))


def _attendance(db: Database, meeting: Meeting) -> dict[str, str]:
    states = attendance.of_session(db, meeting.session.id)
    return record_form.of_attendance(meeting.session, session_view.expected(db, meeting, states), states)


@router.post("")
def save(
    db: Db, now: Now, visitor: Supervising, settings: Configured, safe: Sealed, session_id: UUID, typed: Typed
) -> Response:
    meeting = meetings.locked(db, session_id, access.processes(visitor.principal))
    if MORE in typed:
        db.rollback()  # nothing is done yet, so the form's key is not used up
        return _page(db, visitor, _found(db, visitor, session_id), now, Attempt(typed, more_rows=1))
    try:
        done = _write(db, visitor, settings, safe, meeting, typed, now)
    except REFUSALS as refused:
        db.rollback()
        return _page(db, visitor, _found(db, visitor, session_id), now, Attempt(typed, refused))
    return redirect(f"/tyo/tapaamiset/{session_id}", tehty=done)


def _write(
    db: Database,
    visitor: Visitor,
    settings: Settings,
    safe: Safe,
    meeting: Meeting,
    typed: Mapping[str, str],
    now: datetime,
) -> str:
    """Write down all that the form holds; returns what was done."""
    summary = summaries.of_session(db, meeting.session.id)
    seen_version(typed).check(_version(meeting, summary))
    came, wish = record_form.attendance_of(typed), record_form.summary_of(typed)
    if came:
        by = access.actor(visitor.principal)
        attendance.record(db, settings.link_key, meeting, came, by, now)
    if summary or not record_form.is_empty(wish):
        summary = summaries.write(db, safe, meeting, wish, WHATEVER_IT_IS, now)
    if PUBLISH in typed:
        _publish(db, visitor, settings, safe, meeting, typed, now)
        return "julkaistu"
    if summary is None:
        return "lasna"
    return "kirjattu" if came else "luonnos"


def _publish(
    db: Database,
    visitor: Visitor,
    settings: Settings,
    safe: Safe,
    meeting: Meeting,
    typed: Mapping[str, str],
    now: datetime,
) -> None:
    """The first edition is sent by letter, a correction only if that was ticked."""
    if summaries.of_session(db, meeting.session.id) is None:
        raise NothingToPublish
    publication = Publication(send_letter=True) if LETTER in typed else Publication()
    summary = summaries.publish(db, settings.link_key, safe, meeting, publication, now)
    audit.note(db, now, visitor.principal.credential, "summary.published", f"summary/{summary.id}")


def _version(meeting: Meeting, summary: Summary | None) -> str:
    """Attendance and summary are written on one page, so that it has the versions of both."""
    return etags.tag(meeting.session.version, summary.revision if summary else 0)


def _page(db: Database, visitor: Visitor, meeting: Meeting, now: datetime, attempt: Attempt) -> Response:
    """Words that somebody else has saved meanwhile are not shown here: reading them is written down."""
    process, session = meeting
    summary, states = summaries.of_session(db, session.id), attendance.of_session(db, session.id)
    return pages.show(
        "session_record.html",
        forms.status_of(attempt.refused),
        visitor=visitor,
        process=process,
        session=session,
        expected=session_view.expected(db, meeting, states) if session.starts_at <= now else [],
        summary=summary,
        version=forms.version_seen(_version(meeting, summary), attempt.typed, attempt.refused),
        now=now,
        rows=record_form.with_spare_rows(attempt.typed, attempt.more_rows),
        is_outdated=isinstance(attempt.refused, PreconditionFailed),
        typed=attempt.typed,
        wrong=record_form.by_field(forms.reasons(attempt.refused), attempt.typed),
    )
