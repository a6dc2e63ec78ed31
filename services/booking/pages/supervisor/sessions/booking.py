"""The pages by which a supervisor books a session or a series for a process, also outside their working hours."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.calendar import availability, offers
from services.booking.models.people import Process
from services.booking.pages import booking_form, free_month
from services.booking.pages.booking_form import BookingAttempt
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import MinutesQuery, pages
from services.booking.security import permissions
from services.booking.sessions import bookable
from services.booking.sessions.series import SeriesConflicts
from services.booking.sessions.sessions import MoreThanAgreed
from services.booking.supervision.processes import SESSION_LENGTHS, ProcessIsClosed
from services.core.database import Database
from services.events.catalogue import Actor, Mode
from services.web.errors.problems import InvalidRequest
from services.web.pages.forms import Typed
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/tyo/tapaamiset/uusi", route_class=TransactionalRoute, include_in_schema=False)

REFUSALS = (ValidationError, InvalidRequest, offers.SlotTaken, ProcessIsClosed, MoreThanAgreed)


@router.get("")
def choose_process_to_book(
    db: Db, visitor: LoggedInSupervisor, process_id: Annotated[UUID | None, Query(alias="prosessi")] = None
) -> Response:
    if process_id:
        return redirect(f"/tyo/tapaamiset/uusi/{process_id}")
    found = bookable.list_bookable_processes(db, visitor.principal)
    return pages.show("booking_choose.html", visitor=visitor, found=found)


@router.get("/{process_id}")
def choose_time_as_supervisor(
    db: Db,
    now: Now,
    visitor: LoggedInSupervisor,
    process_id: UUID,
    month: free_month.MonthQuery = "",
    day: free_month.DayQuery = None,
    minutes: MinutesQuery = None,
) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id)
    typed = {
        "minutes": str(minutes or process.session_minutes),
        "mode": Mode.onsite.value,
        "day": day.isoformat() if day else "",
        "count": str(bookable.count_sessions_left(db, process) or ""),
    }
    return _form(db, visitor, process, now, BookingAttempt(typed), month)


@router.post("/{process_id}")
def book_as_supervisor(db: Db, now: Now, visitor: LoggedInSupervisor, process_id: UUID, typed: Typed) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id, lock=True)
    if "muuta" in typed:
        db.rollback()  # nothing is done yet, so the form's key is not used up
        process = permissions.find_process(db, visitor.principal, process_id)
        return _form(db, visitor, process, now, BookingAttempt(typed))
    try:
        wanted = booking_form.parse_booking(typed, process_id)
        booking_form.ensure_meant(db, process, wanted, typed)
        booked = booking_form.book_from_form(db, process, wanted, permissions.actor_of(visitor.principal), now)
    except SeriesConflicts as conflicts:
        here = f"/tyo/tapaamiset/uusi/{process_id}"
        return booking_form.show_series_conflicts(db, visitor, process, typed, conflicts, action=here, tab="prosessit")
    except REFUSALS as refused:
        return _form(db, visitor, process, now, BookingAttempt(typed, refused))
    return redirect(f"/tyo/tapaamiset/{booked[0].id}", tehty="sarja" if len(booked) > 1 else "varattu")


def _form(
    db: Database, visitor: Visitor, process: Process, now: datetime, attempt: BookingAttempt, month: str = ""
) -> Response:
    practice = offers.practice_for_actor(Actor.supervisor, availability.load_practice(db, process.supervisor_id))
    minutes = booking_form.chosen_minutes(attempt.typed, process)
    chosen = booking_form.chosen_day(attempt.typed)
    asked = month or (f"{chosen:%Y-%m}" if chosen else "")
    free = free_month.load_free_month(db, practice, process.form, timedelta(minutes=minutes), asked, now)
    return pages.show(
        "booking_form.html",
        attempt.status,
        visitor=visitor,
        process=process,
        supervisor=practice.supervisor,
        lengths=SESSION_LENGTHS[process.form],
        minutes=minutes,
        month=free,
        chosen=chosen,
        day=free.day(chosen),
        nearest=attempt.nearest,
        exceeding=attempt.exceeding,
        typed=attempt.typed,
        wrong=attempt.wrong,
    )
