"""A first talk (kartoittava keskustelu) as the link in its letter opens it: confirm it, move it, call it off."""

from collections.abc import Mapping
from datetime import date, datetime

from fastapi import APIRouter
from sqlalchemy import true
from starlette.responses import Response

from services.booking import availability, free_month, intakes, links
from services.booking.free_month import NOT_TO_BE_HAD, DayAsked, MonthAsked, TimeWish, looked_at, refusal
from services.booking.links import Purpose
from services.booking.models import Intake
from services.booking.pages import pages
from services.database import Database
from services.events.catalogue import Actor
from services.web.forms import Typed, filled_in
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import redirect

router = APIRouter(prefix="/kartoitus/{secret}", route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show(db: Db, now: Now, secret: str, tehty: str = "", month: MonthAsked = "", day: DayAsked = None) -> Response:
    return _page(db, _found(db, secret, now), secret, now, month, day, done=tehty)


def _page(
    db: Database,
    intake: Intake,
    secret: str,
    now: datetime,
    month: str = "",
    day: date | None = None,
    *,
    done: str = "",
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    practice = availability.load(db, intake.supervisor_id)
    is_ahead = intake.status == "confirmed" and intake.starts_at > now
    length = intake.ends_at - intake.starts_at
    shown = free_month.look(db, practice, None, length, month, now) if is_ahead else None
    return pages.show(
        "talk.html",
        status,
        intake=intake,
        supervisor=practice.supervisor,
        is_open=intake.status == "held" and intake.expires_at > now,
        is_ahead=is_ahead,
        month=shown,
        chosen=shown.day(day) if shown else None,
        secret=secret,
        done=done,
        typed=typed or {},
        wrong=wrong or {},
    )


@router.post("/vahvista")
def confirm(db: Db, now: Now, secret: str) -> Response:
    intakes.confirm(db, _locked(db, secret, now), Actor.client, now)
    return redirect(f"/kartoitus/{secret}", tehty="vahvistettu")


@router.post("/peru")
def cancel(db: Db, now: Now, secret: str) -> Response:
    intakes.cancel(db, _locked(db, secret, now), Actor.client, now)
    return redirect(f"/kartoitus/{secret}", tehty="peruttu")


@router.post("/siirra")
def move(db: Db, now: Now, secret: str, typed: Typed) -> Response:
    """A time that is gone meanwhile brings the page back with the others of that day."""
    intake = _locked(db, secret, now)
    try:
        wish = TimeWish.model_validate(filled_in(typed, ["starts_at"]))
        with db.begin_nested():
            intakes.move(db, intake, wish.starts_at, Actor.client, now)
    except NOT_TO_BE_HAD as refused:
        wrong, status = refusal(refused)
        return _page(db, intake, secret, now, *looked_at(typed), typed=typed, wrong=wrong, status=status)
    return redirect(f"/kartoitus/{secret}", tehty="siirretty")


def _found(db: Database, secret: str, now: datetime) -> Intake:
    return db.get_one(Intake, links.find(db, Purpose.intake, secret, now).subject_id)


def _locked(db: Database, secret: str, now: datetime) -> Intake:
    return intakes.locked(db, links.find(db, Purpose.intake, secret, now).subject_id, true())
