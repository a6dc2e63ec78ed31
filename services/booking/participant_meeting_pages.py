"""A participant's pages of one meeting: another time, none, an entry for the calendar, and a new meeting."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import col
from starlette.responses import Response

from services.booking import (
    audit,
    availability,
    calendar_feed,
    free_month,
    meetings,
    participants,
    policy,
    rebooking,
    scheduling,
)
from services.booking.free_month import NOT_TO_BE_HAD, DayAsked, MonthAsked, TimeWish, looked_at, refusal
from services.booking.guests import guest, is_shared
from services.booking.meetings import Meeting
from services.booking.models import Participant, Process, Session
from services.booking.pages import pages
from services.booking.parties_api import Configured
from services.booking.scheduling import Cancellation, SessionChange
from services.database import Database
from services.events.catalogue import Actor
from services.web.forms import Typed, filled_in
from services.web.language import Text
from services.web.problems import NotFound, Problem
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import redirect
from services.workdays import local

router = APIRouter(prefix="/osallistuja/{secret}", route_class=TransactionalRoute, include_in_schema=False)

Nothing: Mapping[str, str] = {}


class TooLateForAll(Problem):
    """The time in which this shared meeting could be cancelled free of charge has passed."""

    status = 409
    finnish = "Yhteisen tapaamisen maksuton peruutusaika on päättynyt."
    advice = Text(fi="Ota yhteyttä työnohjaajaan.", en="Get in touch with the supervisor.")


# -- a meeting that is agreed -----------------------------------------------------------------------------


@router.get("/tapaaminen/{session_id}")
def show(db: Db, now: Now, secret: str, session_id: UUID, month: MonthAsked = "", day: DayAsked = None) -> Response:
    return _page(db, _own(db, guest(db, secret, now), session_id), secret, now, month, day)


def _page(
    db: Database,
    meeting: Meeting,
    secret: str,
    now: datetime,
    month: str,
    day: date | None,
    typed: Mapping[str, str] = Nothing,
    wrong: Mapping[str, str] = Nothing,
    status: int = 200,
) -> Response:
    process, session = meeting
    is_late = policy.is_late(session.free_until, Actor.participant, now)
    is_ahead = session.status == "booked" and session.starts_at > now
    practice = availability.load(db, process.supervisor_id)
    shown = None
    if is_ahead and not is_late:
        asked = month or f"{local(session.starts_at):%Y-%m}"
        shown = free_month.look(db, practice, process.form, session.ends_at - session.starts_at, asked, now)
    return pages.show(
        "participant_meeting.html",
        status,
        session=session,
        supervisor=practice.supervisor,
        secret=secret,
        is_late=is_late,
        is_shared=is_shared(process),
        is_ahead=is_ahead,
        month=shown,
        chosen=shown.day(day) if shown else None,
        typed=typed,
        wrong=wrong,
    )


@router.post("/tapaaminen/{session_id}/peru")
def cancel(db: Db, now: Now, secret: str, session_id: UUID) -> Response:
    meeting = _locked(db, now, secret, session_id, "session.cancelled")
    if is_shared(meeting.process) and policy.is_late(meeting.session.free_until, Actor.participant, now):
        raise TooLateForAll
    scheduling.cancel(db, meeting, Cancellation(), Actor.participant, now)
    return redirect(f"/osallistuja/{secret}", tehty="peruttu")


@router.post("/tapaaminen/{session_id}/siirra")
def move(db: Db, now: Now, secret: str, session_id: UUID, typed: Typed) -> Response:
    """A time that is gone meanwhile brings the page back with the others of that day."""
    meeting = _locked(db, now, secret, session_id, "session.moved")
    try:
        wish = TimeWish.model_validate(filled_in(typed, ["starts_at"]))
        with db.begin_nested():
            change = SessionChange(starts_at=wish.starts_at)
            scheduling.reschedule(db, meeting, change, Actor.participant, now)
    except NOT_TO_BE_HAD as refused:
        return _page(db, meeting, secret, now, *looked_at(typed), typed, *refusal(refused))
    return redirect(f"/osallistuja/{secret}", tehty="siirretty")


@router.get("/tapaaminen/{session_id}/tapaaminen.ics")
def calendar_entry(db: Db, now: Now, settings: Configured, secret: str, session_id: UUID) -> Response:
    """The same entry as in the letters and in the feed, so that a calendar holds it once."""
    _, session = _own(db, guest(db, secret, now), session_id)
    rendered = calendar_feed.render([calendar_feed.entry_of(session)], settings.installation)
    headers = {"Content-Disposition": 'attachment; filename="tapaaminen.ics"', "Cache-Control": "no-store"}
    return Response(rendered, media_type="text/calendar; charset=utf-8", headers=headers)


def _own(db: Database, person: Participant, session_id: UUID) -> Meeting:
    process = db.get_one(Process, person.process_id)
    session = db.get_one(Session, session_id)
    if session.process_id != process.id:
        raise NotFound
    return Meeting(process, session)


def _locked(db: Database, now: datetime, secret: str, session_id: UUID, action: str) -> Meeting:
    person = guest(db, secret, now)
    _own(db, person, session_id)
    audit.note(db, now, f"participant/{person.id}", action, f"session/{session_id}")
    return meetings.locked(db, session_id, col(Process.id) == person.process_id)


# -- a new meeting ----------------------------------------------------------------------------------------


@router.get("/uusi")
def offer(db: Db, now: Now, secret: str, month: MonthAsked = "", day: DayAsked = None) -> Response:
    return _offer(db, db.get_one(Process, guest(db, secret, now).process_id), secret, now, month, day)


@router.post("/uusi")
def book(db: Db, now: Now, secret: str, typed: Typed) -> Response:
    person = guest(db, secret, now)
    process = participants.hold(db, person)
    try:
        wish = TimeWish.model_validate(filled_in(typed, ["starts_at"]))
        with db.begin_nested():
            booked = rebooking.book(db, process, wish.starts_at, now)
    except NOT_TO_BE_HAD as refused:
        return _offer(db, process, secret, now, *looked_at(typed), typed, *refusal(refused))
    audit.note(db, now, f"participant/{person.id}", "session.booked", f"session/{booked.id}")
    return redirect(f"/osallistuja/{secret}", tehty="varattu")


def _offer(
    db: Database,
    process: Process,
    secret: str,
    now: datetime,
    month: str,
    day: date | None,
    typed: Mapping[str, str] = Nothing,
    wrong: Mapping[str, str] = Nothing,
    status: int = 200,
) -> Response:
    """Where nothing can be booked, the page says so, and whom to ask."""
    practice = availability.load(db, process.supervisor_id)
    shown = None
    if rebooking.may_book(db, process):
        length = meetings.length_of(process, None)
        shown = free_month.look(db, practice, process.form, length, month, now)
    return pages.show(
        "participant_booking.html",
        status,
        process=process,
        supervisor=practice.supervisor,
        secret=secret,
        is_shared=is_shared(process),
        month=shown,
        chosen=shown.day(day) if shown else None,
        typed=typed,
        wrong=wrong,
    )
