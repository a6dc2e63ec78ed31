"""The pages by which a client books a meeting, moves it, or calls it off, with nothing lost on the way."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.responses import Response

from services.booking import (
    access,
    availability,
    bookable,
    booking_form,
    free_month,
    meetings,
    policy,
    scheduling,
    series_conflict_page,
)
from services.booking.free_month import DayAsked, MonthAsked
from services.booking.meetings import Meeting
from services.booking.models import Process
from services.booking.offers import SlotTaken, TimeNotOffered
from services.booking.pages import pages
from services.booking.scheduling import (
    Cancellation,
    SessionChange,
    SessionHasBegun,
    SessionIsCancelled,
    SessionIsHeld,
    TooLateToMove,
)
from services.booking.series import SeriesConflicts
from services.booking.supervision import LENGTHS, ProcessIsClosed
from services.booking.visiting import Ordering
from services.database import Database
from services.events.catalogue import Actor, Mode
from services.web.forms import Typed, filled_in, reasons
from services.web.problems import InvalidRequest
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import Visitor, redirect
from services.workdays import local

router = APIRouter(prefix="/oma", route_class=TransactionalRoute, include_in_schema=False)

MinutesAsked = Annotated[int | None, Query(alias="pituus")]
FIELDS = {"first_starts_at": "starts_at"}


# -- booking ----------------------------------------------------------------------------------------------


@router.get("/prosessit/{process_id}/varaa")
def choose_time(
    db: Db,
    now: Now,
    visitor: Ordering,
    process_id: UUID,
    kuukausi: MonthAsked = "",
    paiva: DayAsked = None,
    pituus: MinutesAsked = None,
) -> Response:
    process = access.process(db, visitor.principal, process_id)
    typed = {
        "minutes": str(pituus or process.session_minutes),
        "mode": Mode.onsite.value,
        "count": str(bookable.meetings_left(db, process) or ""),
    }
    return _booking_page(db, visitor, process, now, kuukausi, paiva, typed)


@router.post("/prosessit/{process_id}/varaa")
def book(db: Db, now: Now, visitor: Ordering, process_id: UUID, typed: Typed) -> Response:
    """One meeting, or a series all at once; what can't be had of a series is solved one by one and sent again."""
    process = access.process(db, visitor.principal, process_id, lock=True)
    wrong, status = dict[str, str](), 200
    try:
        if "muuta" in typed:
            db.rollback()  # the form is shown once more, so its key is not used up
        else:
            booked = booking_form.book(db, process, booking_form.wish_of(typed, process_id), Actor.client, now)
            return redirect(f"/oma/prosessit/{process_id}", tehty="sarja" if len(booked) > 1 else "varattu")
    except SeriesConflicts as conflicts:
        here = f"/oma/prosessit/{process_id}/varaa"
        return series_conflict_page.show(db, visitor, process, typed, conflicts, action=here, tab="oma")
    except (SlotTaken, TimeNotOffered, ProcessIsClosed) as gone:
        wrong, status = {"starts_at": gone.title("fi")}, gone.status
    except (ValidationError, InvalidRequest) as refused:
        wrong, status = {FIELDS.get(name, name): reason for name, reason in reasons(refused).items()}, 422
    day = booking_form.day_of(typed)
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
    practice = availability.load(db, process.supervisor_id)
    minutes = booking_form.minutes_of(typed, process)
    shown = free_month.look(db, practice, process.form, timedelta(minutes=minutes), month, now)
    return pages.show(
        "client_booking.html",
        status,
        visitor=visitor,
        process=process,
        supervisor=practice.supervisor,
        lengths=LENGTHS[process.form],
        minutes=minutes,
        month=shown,
        chosen=day,
        day=shown.day(day),
        typed=typed,
        wrong=wrong or {},
    )


# -- moving and calling off -------------------------------------------------------------------------------


@router.get("/tapaamiset/{session_id}")
def show_meeting(
    db: Db, now: Now, visitor: Ordering, session_id: UUID, kuukausi: MonthAsked = "", paiva: DayAsked = None
) -> Response:
    meeting = meetings.find(db, session_id, access.processes(visitor.principal))
    return _meeting_page(db, visitor, meeting, now, kuukausi, paiva)


@router.post("/tapaamiset/{session_id}/siirra")
def move(db: Db, now: Now, visitor: Ordering, session_id: UUID, typed: Typed) -> Response:
    meeting = meetings.locked(db, session_id, access.processes(visitor.principal))
    wrong: Mapping[str, str]
    try:
        wish = SessionChange.model_validate(filled_in(typed, ("starts_at",)))
        scheduling.reschedule(db, meeting, wish, Actor.client, now)
    except ValidationError as refused:
        status, wrong = 422, reasons(refused)
    except (SlotTaken, TimeNotOffered, TooLateToMove, SessionIsCancelled, SessionIsHeld, SessionHasBegun) as gone:
        status, wrong = gone.status, {"starts_at": gone.title("fi")}
    else:
        return redirect(f"/oma/prosessit/{meeting.process.id}", tehty="siirretty")
    db.rollback()
    day = booking_form.day_of(typed)
    standing = meetings.find(db, session_id, access.processes(visitor.principal))
    return _meeting_page(db, visitor, standing, now, f"{day:%Y-%m}" if day else "", day, typed, wrong, status)


@router.post("/tapaamiset/{session_id}/peru")
def cancel(db: Db, now: Now, visitor: Ordering, session_id: UUID, typed: Typed) -> Response:
    meeting = meetings.locked(db, session_id, access.processes(visitor.principal))
    wish = Cancellation.model_validate(filled_in(typed, ("reason", "following")))
    scheduling.cancel(db, meeting, wish, Actor.client, now)
    return redirect(f"/oma/prosessit/{meeting.process.id}", tehty="peruttu")


def _meeting_page(
    db: Database,
    visitor: Visitor,
    meeting: Meeting,
    now: datetime,
    month: str,
    day: date | None,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    process, session = meeting
    practice = availability.load(db, process.supervisor_id)
    is_late = policy.is_late(session.free_until, Actor.client, now)
    is_ahead = session.status == "booked" and session.starts_at > now
    month = month or f"{local(session.starts_at):%Y-%m}"
    times = None
    if is_ahead and not is_late:
        times = free_month.look(db, practice, process.form, session.ends_at - session.starts_at, month, now)
    return pages.show(
        "client_meeting.html",
        status,
        visitor=visitor,
        process=process,
        session=session,
        supervisor=practice.supervisor,
        is_late=is_late,
        is_ahead=is_ahead,
        month=times,
        chosen=day,
        day=times.day(day) if times else None,
        typed=typed or {},
        wrong=wrong or {},
    )
