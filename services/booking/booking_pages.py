"""The pages by which a supervisor books for others: one meeting or a series, outside hours too, over no other."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.responses import Response

from services.booking import access, availability, bookable, booking_form, free_month, offers, series_conflict_page
from services.booking.booking_form import Attempt
from services.booking.free_month import DayAsked, MonthAsked
from services.booking.models import Process
from services.booking.offers import SlotTaken
from services.booking.pages import pages
from services.booking.series import SeriesConflicts
from services.booking.supervision import LENGTHS, ProcessIsClosed
from services.booking.visiting import Supervising
from services.database import Database
from services.events.catalogue import Actor, Mode
from services.web.forms import Typed
from services.web.problems import InvalidRequest
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import Visitor, redirect

router = APIRouter(prefix="/tyo/tapaamiset/uusi", route_class=TransactionalRoute, include_in_schema=False)

MinutesAsked = Annotated[int | None, Query(alias="pituus")]
REFUSALS = (ValidationError, InvalidRequest, SlotTaken, ProcessIsClosed)


@router.get("")
def choose_process(db: Db, visitor: Supervising, prosessi: UUID | None = None) -> Response:
    if prosessi:
        return redirect(f"/tyo/tapaamiset/uusi/{prosessi}")
    found = bookable.of_supervisor(db, visitor.principal)
    return pages.show("booking_choose.html", visitor=visitor, found=found)


@router.get("/{process_id}")
def choose_time(
    db: Db,
    now: Now,
    visitor: Supervising,
    process_id: UUID,
    kuukausi: MonthAsked = "",
    paiva: DayAsked = None,
    pituus: MinutesAsked = None,
) -> Response:
    process = access.process(db, visitor.principal, process_id)
    typed = {
        "minutes": str(pituus or process.session_minutes),
        "mode": Mode.onsite.value,
        "day": paiva.isoformat() if paiva else "",
        "count": str(bookable.meetings_left(db, process) or ""),
    }
    return _form(db, visitor, process, now, Attempt(typed), kuukausi)


@router.post("/{process_id}")
def book(db: Db, now: Now, visitor: Supervising, process_id: UUID, typed: Typed) -> Response:
    process = access.process(db, visitor.principal, process_id, lock=True)
    if "muuta" in typed:
        db.rollback()  # nothing is done yet, so the form's key is not used up
        return _form(db, visitor, access.process(db, visitor.principal, process_id), now, Attempt(typed))
    try:
        wish = booking_form.wish_of(typed, process_id)
        booked = booking_form.book(db, process, wish, access.actor(visitor.principal), now)
    except SeriesConflicts as conflicts:
        here = f"/tyo/tapaamiset/uusi/{process_id}"
        return series_conflict_page.show(db, visitor, process, typed, conflicts, action=here, tab="prosessit")
    except REFUSALS as refused:
        return _form(db, visitor, process, now, Attempt(typed, refused))
    return redirect(f"/tyo/tapaamiset/{booked[0].id}", tehty="sarja" if len(booked) > 1 else "varattu")


def _form(
    db: Database, visitor: Visitor, process: Process, now: datetime, attempt: Attempt, month: str = ""
) -> Response:
    practice = offers.as_seen_by(Actor.supervisor, availability.load(db, process.supervisor_id))
    minutes = booking_form.minutes_of(attempt.typed, process)
    chosen = booking_form.day_of(attempt.typed)
    shown = free_month.look(db, practice, process.form, timedelta(minutes=minutes), month or _month_of(chosen), now)
    return pages.show(
        "booking_form.html",
        attempt.status,
        visitor=visitor,
        process=process,
        supervisor=practice.supervisor,
        lengths=LENGTHS[process.form],
        minutes=minutes,
        month=shown,
        chosen=chosen,
        day=shown.day(chosen),
        nearest=attempt.nearest,
        typed=attempt.typed,
        wrong=attempt.wrong,
    )


def _month_of(day: date | None) -> str:
    return f"{day:%Y-%m}" if day else ""
