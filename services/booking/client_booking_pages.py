"""The pages by which a client books a meeting, moves it, or calls it off, with nothing lost on the way."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.responses import Response

from services.booking import access, audit, availability, free_month, meetings, policy, scheduling
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
    SessionWish,
    TooLateToMove,
)
from services.booking.supervision import LENGTHS, ProcessIsClosed
from services.booking.visiting import Ordering
from services.database import Database
from services.events.catalogue import Actor, Mode
from services.web.forms import Typed, filled_in
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.validation import reasons_by_field
from services.web.visitors import Visitor, redirect
from services.workdays import local

router = APIRouter(prefix="/oma", route_class=TransactionalRoute, include_in_schema=False)

MinutesAsked = Annotated[int | None, Query(alias="pituus")]
PLACE = ("mode", "location", "join_url")


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
    typed = {"minutes": str(pituus or process.session_minutes), "mode": Mode.onsite.value}
    return _booking_page(db, visitor, process, now, kuukausi, paiva, typed)


@router.post("/prosessit/{process_id}/varaa")
def book(db: Db, now: Now, visitor: Ordering, process_id: UUID, typed: Typed) -> Response:
    process = access.process(db, visitor.principal, process_id, lock=True)
    wrong: Mapping[str, str]
    try:
        said = filled_in(typed, ("starts_at", "minutes", *PLACE))
        wish = SessionWish.model_validate({"process_id": process_id, **said})
        session = scheduling.book(db, process, wish, Actor.client, now)
    except ValidationError as refused:
        status, wrong = 422, reasons_by_field(refused)
    except (SlotTaken, TimeNotOffered, ProcessIsClosed) as gone:
        status, wrong = gone.status, {"starts_at": gone.title("fi")}
    else:
        audit.note(db, now, visitor.principal.credential, "session.booked", f"session/{session.id}")
        return redirect(f"/oma/prosessit/{process_id}", tehty="varattu")
    asked = typed.get("starts_at", "")
    day = _day_of(asked)
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
    length = _length(process, typed.get("minutes", ""))
    shown = free_month.look(db, practice, process.form, length, month, now)
    return pages.show(
        "client_booking.html",
        status,
        visitor=visitor,
        process=process,
        supervisor=practice.supervisor,
        lengths=LENGTHS[process.form],
        minutes=int(length.total_seconds() // 60),
        month=shown,
        chosen=day,
        day=shown.day(day),
        typed=typed,
        wrong=wrong or {},
    )


def _length(process: Process, typed: str) -> timedelta:
    """The length that was chosen, or the one agreed for the process."""
    minutes = int(typed) if typed.isdecimal() and int(typed) in LENGTHS[process.form] else process.session_minutes
    return timedelta(minutes=minutes)


def _day_of(typed: str) -> date | None:
    try:
        return local(datetime.fromisoformat(typed)).date()
    except (ValueError, OverflowError):
        return None


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
        status, wrong = 422, reasons_by_field(refused)
    except (SlotTaken, TimeNotOffered, TooLateToMove, SessionIsCancelled, SessionIsHeld, SessionHasBegun) as gone:
        status, wrong = gone.status, {"starts_at": gone.title("fi")}
    else:
        audit.note(db, now, visitor.principal.credential, "session.moved", f"session/{session_id}")
        return redirect(f"/oma/prosessit/{meeting.process.id}", tehty="siirretty")
    db.rollback()
    day = _day_of(typed.get("starts_at", ""))
    standing = meetings.find(db, session_id, access.processes(visitor.principal))
    return _meeting_page(db, visitor, standing, now, f"{day:%Y-%m}" if day else "", day, typed, wrong, status)


@router.post("/tapaamiset/{session_id}/peru")
def cancel(db: Db, now: Now, visitor: Ordering, session_id: UUID, typed: Typed) -> Response:
    meeting = meetings.locked(db, session_id, access.processes(visitor.principal))
    wish = Cancellation.model_validate(filled_in(typed, ("reason", "following")))
    for session in scheduling.cancel(db, meeting, wish, Actor.client, now):
        audit.note(db, now, visitor.principal.credential, "session.cancelled", f"session/{session.id}")
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
