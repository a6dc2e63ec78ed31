"""The pages by which a client books, moves and cancels a session. What was typed is never lost."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.calendar import availability
from services.booking.calendar.offers import SlotTaken, TimeNotOffered
from services.booking.models.people import Process
from services.booking.pages import booking_form, free_month
from services.booking.pages.free_month import DayQuery, MonthQuery
from services.booking.pages.login import LoggedInClient
from services.booking.pages.site import MinutesQuery, pages
from services.booking.security import permissions
from services.booking.sessions import bookable, booking, intentions, sessions, undo
from services.booking.sessions.booking import (
    SessionCancellation,
    SessionHasBegun,
    SessionIsCancelled,
    SessionIsHeld,
    SessionUpdate,
    TooLateToMove,
)
from services.booking.sessions.series import SeriesConflicts
from services.booking.sessions.sessions import MoreThanAgreed
from services.booking.supervision import cancellation_policy, processes
from services.booking.supervision.processes import SESSION_LENGTHS, ProcessIsClosed
from services.core.database import Database
from services.events.catalogue import Actor, Mode
from services.finnish.workdays import local
from services.web.errors.problems import InvalidRequest
from services.web.pages.forms import Typed, filled_in, reasons, status_of
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/oma", route_class=TransactionalRoute, include_in_schema=False)

FORM_FIELDS = {"first_starts_at": "starts_at"}


@router.get("/prosessit/{process_id}/varaa")
def choose_time_as_client(
    db: Db,
    now: Now,
    visitor: LoggedInClient,
    process_id: UUID,
    month: MonthQuery = "",
    day: DayQuery = None,
    minutes: MinutesQuery = None,
) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id)
    wanted, left = minutes or process.session_minutes, bookable.count_sessions_left(db, process)
    typed = {"minutes": str(wanted), "mode": Mode.onsite.value, "count": str(left or "")}
    return _booking_page(db, visitor, process, now, month, day, typed)


@router.post("/prosessit/{process_id}/varaa")
def book_as_client(db: Db, now: Now, visitor: LoggedInClient, process_id: UUID, typed: Typed) -> Response:
    """One session or a whole series. Conflicts of a series are solved one by one, and the form is sent again."""
    process = permissions.find_process(db, visitor.principal, process_id, lock=True)
    wrong, status = dict[str, str](), 200
    try:
        if "muuta" in typed:
            db.rollback()  # the form is shown once more, so its key is not used up
        else:
            wanted = booking_form.parse_booking(typed, process_id)
            booked = booking_form.book_from_form(db, process, wanted, Actor.client, now)
            return redirect(f"/oma/prosessit/{process_id}", tehty="sarja" if len(booked) > 1 else "varattu")
    except SeriesConflicts as conflicts:
        here = f"/oma/prosessit/{process_id}/varaa"
        return booking_form.show_series_conflicts(db, visitor, process, typed, conflicts, action=here, tab="oma")
    except MoreThanAgreed as refused:
        wrong, status = {"starts_at": refused.detail.fi}, refused.status
    except (SlotTaken, TimeNotOffered, ProcessIsClosed) as refused:
        wrong, status = {"starts_at": refused.title("fi")}, refused.status
    except (ValidationError, InvalidRequest) as refused:
        wrong, status = {FORM_FIELDS.get(name, name): reason for name, reason in reasons(refused).items()}, 422
    day = booking_form.chosen_day(typed)
    return _booking_page(db, visitor, process, now, f"{day:%Y-%m}" if day else "", day, typed, wrong, status)


def _booking_page(
    db: Database,
    visitor: Visitor,
    process: Process,
    now: datetime,
    month: str,
    day: date | None,
    typed: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    practice = availability.load_practice(db, process.supervisor_id)
    minutes = booking_form.chosen_minutes(typed, process)
    free = free_month.load_free_month(db, practice, process.form, timedelta(minutes=minutes), month, now)
    return pages.show(
        "client_booking.html",
        status,
        visitor=visitor,
        process=process,
        is_full=not process.clients_may_exceed and not bookable.count_sessions_left(db, process),
        supervisor=practice.supervisor,
        lengths=SESSION_LENGTHS[process.form],
        minutes=minutes,
        month=free,
        chosen=day,
        day=free.day(day),
        typed=typed,
        wrong=wrong or {},
    )


@router.get("/tapaamiset/{session_id}")
def show_session_as_client(
    db: Db, now: Now, visitor: LoggedInClient, session_id: UUID, month: MonthQuery = "", day: DayQuery = None
) -> Response:
    meeting = sessions.find_session(db, session_id, permissions.visible_processes(visitor.principal))
    return _session_page(db, visitor, meeting, now, month, day)


@router.post("/tapaamiset/{session_id}/siirra")
def move_session_as_client(db: Db, now: Now, visitor: LoggedInClient, session_id: UUID, typed: Typed) -> Response:
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(visitor.principal))
    wrong: Mapping[str, str]
    try:
        wanted = SessionUpdate.model_validate(filled_in(typed, ("starts_at",)))
        booking.reschedule_session(db, meeting, wanted, Actor.client, now, undoable=True)
    except ValidationError as refused:
        status, wrong = 422, reasons(refused)
    except (SlotTaken, TimeNotOffered, TooLateToMove, SessionIsCancelled, SessionIsHeld, SessionHasBegun) as refused:
        status, wrong = refused.status, {"starts_at": refused.title("fi")}
    else:
        return redirect(f"/oma/prosessit/{meeting.process.id}", tehty="siirretty")
    db.rollback()
    day = booking_form.chosen_day(typed)
    unchanged = sessions.find_session(db, session_id, permissions.visible_processes(visitor.principal))
    return _session_page(db, visitor, unchanged, now, f"{day:%Y-%m}" if day else "", day, typed, wrong, status)


@router.get("/tapaamiset/{session_id}/peru")
def show_cancel_page_as_client(db: Db, now: Now, visitor: LoggedInClient, session_id: UUID) -> Response:
    """What will happen, for whom and at what price; one press does it."""
    meeting = sessions.find_session(db, session_id, permissions.visible_processes(visitor.principal))
    return _cancel_page(db, visitor, meeting, now)


def _cancel_page(
    db: Database,
    visitor: Visitor,
    meeting: sessions.SessionWithProcess,
    now: datetime,
    typed: Mapping[str, str] | None = None,
    refused: ValidationError | None = None,
) -> Response:
    process, session = meeting
    return pages.show(
        "client_cancel.html",
        status_of(refused),
        visitor=visitor,
        process=process,
        session=session,
        is_ahead=session.status == "booked" and session.starts_at > now,
        is_late=cancellation_policy.is_late_change(session.free_until, Actor.client, now),
        people=len(processes.list_active_participants(db, process.id)),
        following=booking.list_later_in_series(db, session),
        typed=typed or {},
        wrong=reasons(refused),
    )


@router.post("/tapaamiset/{session_id}/kumoa")
def undo_as_client(db: Db, now: Now, visitor: LoggedInClient, session_id: UUID) -> Response:
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(visitor.principal))
    undo.undo_change(db, meeting, Actor.client, now)
    return redirect(f"/oma/prosessit/{meeting.process.id}", tehty="kumottu")


@router.post("/tapaamiset/{session_id}/peru")
def cancel_session_as_client(db: Db, now: Now, visitor: LoggedInClient, session_id: UUID, typed: Typed) -> Response:
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(visitor.principal))
    try:
        wanted = SessionCancellation.model_validate(filled_in(typed, ("reason", "following")))
    except ValidationError as refused:
        return _cancel_page(db, visitor, meeting, now, typed, refused)
    booking.cancel_booked_session(db, meeting, wanted, Actor.client, now, undoable=True)
    return redirect(f"/oma/prosessit/{meeting.process.id}", tehty="peruttu")


def _session_page(
    db: Database,
    visitor: Visitor,
    meeting: sessions.SessionWithProcess,
    now: datetime,
    month: str,
    day: date | None,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    process, session = meeting
    practice = availability.load_practice(db, process.supervisor_id)
    is_late = cancellation_policy.is_late_change(session.free_until, Actor.client, now)
    is_ahead = session.status == "booked" and session.starts_at > now
    month = month or f"{local(session.starts_at):%Y-%m}"
    free = None
    if is_ahead and not is_late:
        free = free_month.load_month_for_move(db, practice, process.form, session, month, now)
    return pages.show(
        "client_meeting.html",
        status,
        visitor=visitor,
        process=process,
        session=session,
        supervisor=practice.supervisor,
        is_late=is_late,
        is_ahead=is_ahead,
        attendance=intentions.expected_attendance(db, [session]).get(session.id) if is_ahead else None,
        month=free,
        chosen=day,
        day=free.day(day) if free else None,
        typed=typed or {},
        wrong=wrong or {},
    )
