"""Asking for a first talk (kartoittava keskustelu): with whom, when, who you are, and a letter to confirm it by."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlmodel import col, select
from starlette.responses import Response

from services.booking import availability, free_month, intakes, offers
from services.booking.free_month import NOT_TO_BE_HAD, DayAsked, MonthAsked, instant_in, refusal
from services.booking.intakes import IntakeWish
from services.booking.models import Supervisor
from services.booking.pages import pages
from services.booking.parties_api import Configured
from services.booking.shapes import Instant
from services.booking.slots import Span
from services.database import Database
from services.web.forms import Typed, filled_in
from services.web.limits import limited
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import redirect

router = APIRouter(prefix="/varaa", route_class=TransactionalRoute, include_in_schema=False)

FIELDS = ("starts_at", "name", "email", "organisation", "message")

TimeAsked = Annotated[Instant, Query(alias="aika")]


@router.get("")
def choose_supervisor(db: Db) -> Response:
    supervisors = db.scalars(select(Supervisor).order_by(col(Supervisor.name), col(Supervisor.id))).all()
    if len(supervisors) == 1:
        return redirect(f"/varaa/{supervisors[0].id}")
    return pages.show_in_public("intake_supervisors.html", supervisors=supervisors)


@router.get("/kiitos")
async def thanks() -> Response:
    return pages.show("intake_thanks.html", minutes=int(intakes.HELD_FOR.total_seconds() // 60))


@router.get("/{supervisor_id}")
def choose_time(db: Db, now: Now, supervisor_id: UUID, month: MonthAsked = "", day: DayAsked = None) -> Response:
    practice = availability.load(db, supervisor_id)
    shown = free_month.look(db, practice, None, practice.intake_length, month, now)
    return pages.show_in_public(
        "intake_time.html",
        supervisor=practice.supervisor,
        minutes=int(practice.intake_length.total_seconds() // 60),
        month=shown,
        chosen=shown.day(day),
    )


@router.get("/{supervisor_id}/tiedot")
def introduce(db: Db, now: Now, supervisor_id: UUID, starts_at: TimeAsked) -> Response:
    """The form may be kept by the browser: whoever goes back to it finds what they had typed."""
    shown = _form(db, supervisor_id, now, {"starts_at": starts_at.isoformat()}, {})
    shown.headers["Cache-Control"] = "private, no-cache"
    return shown


@router.post("/{supervisor_id}/tiedot", dependencies=[Depends(limited("intakes"))])
def ask(db: Db, now: Now, settings: Configured, supervisor_id: UUID, typed: Typed) -> Response:
    """What was typed comes back with what is wrong with it; an answer above 400 leaves nothing in the database."""
    try:
        wish = IntakeWish.model_validate({"supervisor_id": supervisor_id, **filled_in(typed, FIELDS)})
        intakes.request(db, settings.link_key, wish, now)
    except NOT_TO_BE_HAD as refused:
        return _form(db, supervisor_id, now, typed, *refusal(refused))
    return redirect("/varaa/kiitos")


def _form(
    db: Database,
    supervisor_id: UUID,
    now: datetime,
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
    status: int = 200,
) -> Response:
    """With the time that was chosen and those nearest to it, so that another one can be had without losing a word."""
    practice = availability.load(db, supervisor_id)
    wanted = instant_in(typed) or instant_in(typed, "wanted") or now
    near = offers.alternatives(db, practice, None, Span(wanted, wanted + practice.intake_length), now)
    return pages.show(
        "intake_form.html",
        status,
        supervisor=practice.supervisor,
        length=practice.intake_length,
        wanted=wanted,
        near=sorted(slot.starts_at for slot in near),
        typed=typed,
        wrong=wrong,
    )
