"""A participant's own pages, opened by the link in their letters: what is ahead, another time, or none."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from sqlmodel import col
from starlette.responses import RedirectResponse, Response

from services.booking import audit, availability, free_times, links, meetings, meetings_ahead, policy, scheduling
from services.booking.links import Purpose
from services.booking.meetings import Meeting
from services.booking.models import Participant, Process, Session, Supervisor
from services.booking.pages import SEE_OTHER, pages
from services.booking.parties_api import Configured
from services.booking.scheduling import Cancellation, SessionChange
from services.booking.shapes import Instant
from services.booking.supervision_api import export
from services.database import Database
from services.events.catalogue import Actor
from services.events.catalogue import Form as SupervisionForm
from services.web.language import Text
from services.web.links import secret as secret_of
from services.web.problems import NotFound, Problem
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/osallistuja/{secret}", route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix="/osallistuja/{secret}", route_class=RecordedRoute, include_in_schema=False)

NEARBY = timedelta(days=7)
DONE = {
    "siirretty": "Tapaaminen on siirretty. Saat siitä kirjeen.",
    "peruttu": "Tapaaminen on peruttu. Saat siitä kirjeen.",
}


def guest(db: Database, secret: str, now: datetime) -> Participant:
    """The participant whose link this is, while they take part."""
    link = links.find(db, Purpose.participant, secret, now)
    person = db.get_one(Participant, link.subject_id)
    if person.left_at:
        raise NotFound
    return person


class TooLateForAll(Problem):
    """The time in which this shared meeting could be cancelled free of charge has passed."""

    status = 409
    finnish = "Yhteisen tapaamisen maksuton peruutusaika on päättynyt."
    advice = Text(fi="Ota yhteyttä työnohjaajaan.", en="Get in touch with the supervisor.")


def is_shared(process: Process) -> bool:
    """Whether a change of a meeting is a change for others too: then nobody alone brings a fee upon all."""
    return process.form is not SupervisionForm.individual


@router.get("")
def show(db: Db, now: Now, settings: Configured, secret: str, tehty: str = "") -> Response:
    person = guest(db, secret, now)
    process = db.get_one(Process, person.process_id)
    feed = secret_of(settings.link_key, person.calendar_link)
    return pages.show(
        "participant.html",
        person=person,
        process=process,
        supervisor=db.get_one(Supervisor, process.supervisor_id),
        ahead=meetings_ahead.where(db, col(Process.id) == process.id, now),
        is_shared=is_shared(process),
        secret=secret,
        now=now,
        done=DONE.get(tehty),
        calendar_url=f"{settings.public_url}/api/v1/calendar/{feed}.ics",
    )


@router.get("/tapaaminen/{session_id}")
def show_meeting(db: Db, now: Now, secret: str, session_id: UUID, alkaen: date | None = None) -> Response:
    process, session = _own_meeting(db, guest(db, secret, now), session_id)
    is_late = policy.is_late(session.free_until, Actor.participant, now)
    practice = availability.load(db, process.supervisor_id)
    length = session.ends_at - session.starts_at
    nearby = (session.starts_at - NEARBY).date()
    return pages.show(
        "participant_meeting.html",
        session=session,
        supervisor=practice.supervisor,
        secret=secret,
        is_late=is_late,
        is_shared=is_shared(process),
        is_ahead=session.status == "booked" and session.starts_at > now,
        times=None if is_late else free_times.look(db, practice, process.form, length, alkaen or nearby, now),
    )


def _own_meeting(db: Database, person: Participant, session_id: UUID) -> Meeting:
    process = db.get_one(Process, person.process_id)
    session = db.get_one(Session, session_id)
    if session.process_id != process.id:
        raise NotFound
    return Meeting(process, session)


@router.post("/tapaaminen/{session_id}/peru")
def cancel(db: Db, now: Now, secret: str, session_id: UUID) -> Response:
    meeting = _locked_meeting(db, now, secret, session_id, "session.cancelled")
    if is_shared(meeting.process) and policy.is_late(meeting.session.free_until, Actor.participant, now):
        raise TooLateForAll
    scheduling.cancel(db, meeting, Cancellation(), Actor.participant, now)
    return RedirectResponse(f"/osallistuja/{secret}?tehty=peruttu", SEE_OTHER)


@router.post("/tapaaminen/{session_id}/siirra")
def move(db: Db, now: Now, secret: str, session_id: UUID, starts_at: Annotated[Instant, Form()]) -> Response:
    meeting = _locked_meeting(db, now, secret, session_id, "session.moved")
    scheduling.reschedule(db, meeting, SessionChange(starts_at=starts_at), Actor.participant, now)
    return RedirectResponse(f"/osallistuja/{secret}?tehty=siirretty", SEE_OTHER)


def _locked_meeting(db: Database, now: datetime, secret: str, session_id: UUID, action: str) -> Meeting:
    person = guest(db, secret, now)
    _own_meeting(db, person, session_id)
    audit.note(db, now, f"participant/{person.id}", action, f"session/{session_id}")
    return meetings.locked(db, session_id, col(Process.id) == person.process_id)


@recorded.get("/tiedot")
def download(db: Db, now: Now, settings: Configured, secret: str) -> Response:
    """Everything that booking holds about the participant, for themselves (GDPR articles 15 and 20)."""
    person = guest(db, secret, now)
    audit.note(db, now, f"participant/{person.id}", "participant.exported", f"participant/{person.id}")
    held = export(db, settings, db.get_one(Process, person.process_id), person)
    headers = {"Content-Disposition": 'attachment; filename="tietoni.json"'}
    return Response(held.model_dump_json(indent=2), media_type="application/json", headers=headers)
