"""A participant's pages of one session: move it, cancel it, its calendar entry; and booking a new one."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.calendar import availability, ics_feed
from services.booking.dependencies import Configured
from services.booking.models.people import Participant, Process
from services.booking.pages import free_month
from services.booking.pages.free_month import (
    TIME_REFUSALS,
    DayQuery,
    MonthQuery,
    TimeChoice,
    chosen_month_and_day,
    reasons_and_status,
)
from services.booking.pages.participant.home import is_shared, lock_own_session, own_session, participant_of_link
from services.booking.pages.site import pages
from services.booking.security import audit
from services.booking.sessions import bookable, booking, change_wishes, intentions, sessions, undo
from services.booking.sessions.change_wishes import WishCreate
from services.booking.sessions.sessions import SessionWithProcess
from services.booking.supervision import cancellation_policy, participants, processes
from services.core.calendar_entry import single
from services.core.database import Database
from services.events.catalogue import Actor
from services.finnish.workdays import local
from services.web.pages.forms import Typed, filled_in, reasons, status_of
from services.web.security.rate_limits import Count
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, RecordedRoute

router = APIRouter(prefix="/osallistuja/{secret}", route_class=RecordedRoute, include_in_schema=False)

NO_FIELDS: Mapping[str, str] = {}


@router.get("/tapaaminen/{session_id}")
def show_session_as_participant(
    db: Db, now: Now, secret: str, session_id: UUID, month: MonthQuery = "", day: DayQuery = None
) -> Response:
    person = participant_of_link(db, secret, now)
    return session_page(db, own_session(db, person, session_id), person, secret, now, month, day)


def session_page(
    db: Database,
    meeting: SessionWithProcess,
    person: Participant,
    secret: str,
    now: datetime,
    month: str = "",
    day: date | None = None,
    typed: Mapping[str, str] = NO_FIELDS,
    wrong: Mapping[str, str] = NO_FIELDS,
    status: int = 200,
) -> Response:
    process, session = meeting
    wish = change_wishes.find_own_wish(db, session, person)
    is_late = cancellation_policy.is_late_change(session.free_until, Actor.participant, now)
    is_ahead = session.status == "booked" and session.starts_at > now
    practice = availability.load_practice(db, process.supervisor_id)
    free = None
    if is_ahead and (is_shared(process) or not is_late):
        asked = month or f"{local(session.starts_at):%Y-%m}"
        free = free_month.load_month_for_move(db, practice, process.form, session, asked, now)
    return pages.show(
        "participant_meeting.html",
        status,
        session=session,
        supervisor=practice.supervisor,
        secret=secret,
        is_late=is_late,
        is_shared=is_shared(process),
        is_ahead=is_ahead,
        said=intentions.find_intention(db, session, person),
        wish=wish,
        wish_state=wish and change_wishes.state_of_wish(wish, session),
        month=free,
        chosen=free.day(day) if free else None,
        typed=typed,
        wrong=wrong,
    )


@router.get("/tapaaminen/{session_id}/peru")
def show_cancel_page_as_participant(db: Db, now: Now, secret: str, session_id: UUID) -> Response:
    """What will happen, for whom and at what price; one press does it."""
    return _cancel_page(db, own_session(db, participant_of_link(db, secret, now), session_id), secret, now)


def _cancel_page(
    db: Database,
    meeting: SessionWithProcess,
    secret: str,
    now: datetime,
    typed: Mapping[str, str] = NO_FIELDS,
    refused: ValidationError | None = None,
) -> Response:
    process, session = meeting
    return pages.show(
        "participant_cancel.html",
        status_of(refused),
        session=session,
        secret=secret,
        is_ahead=session.status == "booked" and session.starts_at > now,
        is_late=cancellation_policy.is_late_change(session.free_until, Actor.participant, now),
        is_shared=is_shared(process),
        people=len(processes.list_active_participants(db, process.id)),
        typed=typed,
        wrong=reasons(refused),
    )


@router.post("/tapaaminen/{session_id}/kumoa")
def undo_as_participant(db: Db, now: Now, count: Count, secret: str, session_id: UUID) -> Response:
    person, meeting = lock_own_session(db, now, count, secret, session_id)
    audit.note(db, now, "session.restored", f"session/{session_id}", f"participant/{person.id}")
    undo.undo_change(db, meeting, Actor.participant, now)
    return redirect(f"/osallistuja/{secret}", tehty="kumottu")


@router.post("/tapaaminen/{session_id}/peru")
def cancel_session_as_participant(
    db: Db, now: Now, count: Count, secret: str, session_id: UUID, typed: Typed
) -> Response:
    """For a shared session it is a wish: the supervisor decides for all."""
    person, meeting = lock_own_session(db, now, count, secret, session_id)
    if is_shared(meeting.process):
        try:
            wanted = WishCreate.model_validate(filled_in(typed, ["note"]))
        except ValidationError as refused:
            return _cancel_page(db, meeting, secret, now, typed, refused)
        return _wish(db, meeting, person, change_wishes.CANCEL, wanted, secret, now)
    audit.note(db, now, "session.cancelled", f"session/{session_id}", f"participant/{person.id}")
    booking.cancel_booked_session(db, meeting, booking.SessionCancellation(), Actor.participant, now, undoable=True)
    return redirect(f"/osallistuja/{secret}", tehty="peruttu")


@router.post("/tapaaminen/{session_id}/siirra")
def move_session_as_participant(
    db: Db, now: Now, count: Count, secret: str, session_id: UUID, typed: Typed
) -> Response:
    """For a shared session it is a wish. If the time has been taken, the page comes back with what is free that day."""
    person, meeting = lock_own_session(db, now, count, secret, session_id)
    try:
        if is_shared(meeting.process):
            wish = WishCreate.model_validate(filled_in(typed, ["starts_at", "note"]))
            return _wish(db, meeting, person, change_wishes.MOVE, wish, secret, now)
        audit.note(db, now, "session.moved", f"session/{session_id}", f"participant/{person.id}")
        wanted = TimeChoice.model_validate(filled_in(typed, ["starts_at"]))
        with db.begin_nested():
            change = booking.SessionUpdate(starts_at=wanted.starts_at)
            booking.reschedule_session(db, meeting, change, Actor.participant, now, undoable=True)
    except TIME_REFUSALS as refused:
        shown = chosen_month_and_day(typed)
        return session_page(db, meeting, person, secret, now, *shown, typed, *reasons_and_status(refused))
    return redirect(f"/osallistuja/{secret}", tehty="siirretty")


def _wish(
    db: Database,
    meeting: SessionWithProcess,
    person: Participant,
    kind: str,
    wanted: WishCreate,
    secret: str,
    now: datetime,
) -> Response:
    change_wishes.make_wish(db, meeting, person, kind, wanted, now)
    audit.note(db, now, "session.change-wished", f"session/{meeting.session.id}", f"participant/{person.id}")
    return redirect(f"/osallistuja/{secret}", tehty="toive")


@router.get("/tapaaminen/{session_id}/tapaaminen.ics")
def download_calendar_entry(db: Db, now: Now, settings: Configured, secret: str, session_id: UUID) -> Response:
    """The same entry as in the letters and in the feed, in a file of its own."""
    person = participant_of_link(db, secret, now)
    _, session = own_session(db, person, session_id)
    rendered = single(ics_feed.entry_of_session(session, settings.installation, first=person.first_sequence))
    headers = {"Content-Disposition": 'attachment; filename="tapaaminen.ics"', "Cache-Control": "no-store"}
    return Response(rendered, media_type="text/calendar; charset=utf-8", headers=headers)


@router.get("/uusi")
def show_booking_as_participant(
    db: Db, now: Now, secret: str, month: MonthQuery = "", day: DayQuery = None
) -> Response:
    process = db.get_one(Process, participant_of_link(db, secret, now).process_id)
    return _booking_page(db, process, secret, now, month, day)


@router.post("/uusi")
def book_as_participant(db: Db, now: Now, count: Count, secret: str, typed: Typed) -> Response:
    person = participant_of_link(db, secret, now)
    count("changes", person.id)
    process = participants.lock_process_of_participant(db, person)
    try:
        wanted = TimeChoice.model_validate(filled_in(typed, ["starts_at"]))
        with db.begin_nested():
            booked = bookable.book_again(db, process, wanted.starts_at, now)
    except TIME_REFUSALS as refused:
        shown = chosen_month_and_day(typed)
        return _booking_page(db, process, secret, now, *shown, typed, *reasons_and_status(refused))
    audit.note(db, now, "session.booked", f"session/{booked.id}", f"participant/{person.id}")
    return redirect(f"/osallistuja/{secret}", tehty="varattu")


def _booking_page(
    db: Database,
    process: Process,
    secret: str,
    now: datetime,
    month: str,
    day: date | None,
    typed: Mapping[str, str] = NO_FIELDS,
    wrong: Mapping[str, str] = NO_FIELDS,
    status: int = 200,
) -> Response:
    """If nothing can be booked, the page says so, and whom to ask."""
    practice = availability.load_practice(db, process.supervisor_id)
    free = None
    if bookable.may_book_again(db, process):
        length = sessions.session_length(process, None)
        free = free_month.load_free_month(db, practice, process.form, length, month, now)
    return pages.show(
        "participant_booking.html",
        status,
        process=process,
        supervisor=practice.supervisor,
        secret=secret,
        is_shared=is_shared(process),
        month=free,
        chosen=free.day(day) if free else None,
        typed=typed,
        wrong=wrong,
    )
