"""A participant's own page, opened by the link in their letters: sessions, forms to fill in, summaries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import col
from starlette.responses import Response

from services.booking.calendar.links import calendar_links
from services.booking.dependencies import Configured, NotesEncryption
from services.booking.models.people import Participant, Process, Supervisor
from services.booking.models.sessions import Session
from services.booking.pages.participant import open_tasks
from services.booking.pages.participant.device import Browser
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import audit
from services.booking.security.links import LinkPurpose
from services.booking.sessions import bookable, intentions, sessions, summaries, undo
from services.booking.sessions.sessions import SessionWithProcess
from services.booking.settings import Settings
from services.booking.supervision import participants
from services.booking.supervision.personal_links import follow_personal_link, secret_of_link
from services.core.database import Database
from services.events.catalogue import Actor, Form, Phase
from services.finnish import vocabulary
from services.web.errors.problems import NotFound
from services.web.pages.forms import Typed
from services.web.security.links import settings_link
from services.web.security.rate_limits import Count
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, RecordedRoute

router = APIRouter(prefix="/osallistuja/{secret}", route_class=RecordedRoute, include_in_schema=False)


def participant_of_link(db: Database, secret: str, now: datetime) -> Participant:
    """The participant of a personal link, as long as they take part."""
    return follow_personal_link(db, LinkPurpose.participant, secret, now).person


def is_shared(process: Process) -> bool:
    """Whether others take part as well: then nobody moves or cancels for all."""
    return process.form is not Form.individual


def own_session(db: Database, person: Participant, session_id: UUID) -> SessionWithProcess:
    process = db.get_one(Process, person.process_id)
    session = db.get_one(Session, session_id)
    if session.process_id != process.id:
        raise NotFound
    return SessionWithProcess(process, session)


def lock_own_session(
    db: Database, now: datetime, count: Count, secret: str, session_id: UUID
) -> tuple[Participant, SessionWithProcess]:
    """Whose link it is, and the session, with its process locked; it counts as one change."""
    person = participant_of_link(db, secret, now)
    count("changes", person.id)
    own_session(db, person, session_id)
    return person, sessions.lock_session(db, session_id, col(Process.id) == person.process_id)


@router.get("")
def show_participant_home(db: Db, now: Now, settings: Configured, secret: str, done: DoneQuery = "") -> Response:
    person = participant_of_link(db, secret, now)
    process = db.get_one(Process, person.process_id)
    ahead = open_tasks.list_sessions_ahead(db, col(Process.id) == process.id, now)
    feed = secret_of_link(settings.link_key, person, person.calendar_link)
    preferences = secret_of_link(settings.link_key, person, settings_link(person.id, person.page_link))
    return pages.show(
        "participant.html",
        person=person,
        process=process,
        supervisor=db.get_one(Supervisor, process.supervisor_id),
        ahead=ahead,
        is_booked_ahead=any(one.session.status == "booked" for one in ahead),
        past=open_tasks.list_past_sessions(db, person, now),
        **_tasks(db, settings, person, now),
        is_shared=is_shared(process),
        said=intentions.list_own_intentions(db, person),
        undoable=undo.list_undoable(db, process, Actor.participant, now),
        may_book=bookable.may_book_again(db, process),
        secret=secret,
        now=now,
        done=done,
        calendar=calendar_links(f"{settings.public_url}/api/v1/calendar/{feed}.ics"),
        settings_url=f"/viestiasetukset/{preferences}?paluu=/osallistuja/{secret}",
    )


def _tasks(db: Database, settings: Settings, person: Participant, now: datetime) -> dict[str, Any]:
    """What they are asked, once their address has been accepted."""
    if not person.address_accepted:
        return {"rounds": [], "asked": []}
    return {
        "rounds": [_round_view(settings, person, one) for one in open_tasks.list_open_rounds(db, person, now)],
        "asked": [_feedback_view(settings, person, one) for one in open_tasks.list_feedback_requests(db, person, now)],
    }


def _round_view(settings: Settings, person: Participant, one: open_tasks.RoundToAnswer) -> dict[str, object]:
    return {
        "label": vocabulary.EVALUATIONS[Phase(one.evaluation.phase)].nominative,
        "due": one.evaluation.due_at,
        "is_begun": one.is_begun,
        "is_answered": one.is_answered,
        "address": f"/arviointi/{secret_of_link(settings.link_key, person, one.link)}",
    }


def _feedback_view(settings: Settings, person: Participant, one: open_tasks.FeedbackRequest) -> dict[str, object]:
    return {"session": one.session, "address": f"/palaute/{secret_of_link(settings.link_key, person, one.link)}"}


@router.get("/yhteenveto/{session_id}")
def show_summary_as_participant(
    db: Db, now: Now, encryption: NotesEncryption, browser: Browser, secret: str, session_id: UUID
) -> Response:
    """Works also when the link in the letter has expired. The reading is audited."""
    person = participant_of_link(db, secret, now)
    browser.ensure_confirmed(db, person, now)
    summary, session = open_tasks.find_readable_summary(db, person, session_id)
    audit.note(db, now, "summary.read", f"summary/{summary.id}", f"participant/{person.id}")
    return pages.show(
        "summary.html",
        session=session,
        supervisor=db.get_one(Supervisor, session.supervisor_id),
        content=summaries.published_content(db, encryption, summary),
        done=summary.done,
        edition=summary.edition,
        published_at=summary.published_at,
        back=f"/osallistuja/{secret}",
        is_saved=False,
    )


@router.post("/kirjeet")
def choose_letters_on_home_page(db: Db, now: Now, browser: Browser, secret: str, typed: Typed) -> Response:
    """Whether summaries come as text in letters, or as a link only."""
    person = participant_of_link(db, secret, now)
    browser.ensure_confirmed(db, person, now)
    participants.set_summary_in_letter(db, person, now, in_letter=typed.get("tekstina") == "1")
    return redirect(f"/osallistuja/{secret}", tehty="kirjeet")
