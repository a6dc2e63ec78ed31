"""The page behind the link in an intake's letter (kartoittava keskustelu): confirm it, move it, cancel it."""

from collections.abc import Mapping
from datetime import date, datetime

from fastapi import APIRouter
from sqlalchemy import true
from starlette.responses import Response

from services.booking.calendar import availability
from services.booking.models.sessions import Intake
from services.booking.pages import free_month
from services.booking.pages.free_month import (
    TIME_REFUSALS,
    DayQuery,
    MonthQuery,
    TimeChoice,
    chosen_month_and_day,
    reasons_and_status,
)
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import links
from services.booking.sessions import intakes, undo
from services.core.database import Database
from services.events.catalogue import Actor
from services.web.pages.forms import Typed, filled_in
from services.web.security.rate_limits import Count
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/kartoitus/{secret}", route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_intake_by_link(
    db: Db, now: Now, secret: str, done: DoneQuery = "", month: MonthQuery = "", day: DayQuery = None
) -> Response:
    return _page(db, _find_intake(db, secret, now), secret, now, month, day, done=done)


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
    practice = availability.load_practice(db, intake.supervisor_id)
    is_ahead = intake.status == "confirmed" and intake.starts_at > now
    free = free_month.load_month_for_move(db, practice, None, intake, month, now) if is_ahead else None
    return pages.show(
        "talk.html",
        status,
        intake=intake,
        supervisor=practice.supervisor,
        is_open=intake.status == "held" and intake.expires_at > now,
        is_ahead=is_ahead,
        is_undoable=undo.is_undoable(intake, Actor.client, now),
        month=free,
        chosen=free.day(day) if free else None,
        secret=secret,
        done=done,
        typed=typed or {},
        wrong=wrong or {},
    )


@router.post("/vahvista")
def confirm_intake_by_link(db: Db, now: Now, secret: str) -> Response:
    intakes.confirm_held_intake(db, _lock_intake(db, secret, now), Actor.client, now)
    return redirect(f"/kartoitus/{secret}", tehty="vahvistettu")


@router.post("/uusi")
def begin_anew_by_link(db: Db, now: Now, secret: str) -> Response:
    """Whoever presses a button in a letter reads the mailbox, so what strangers had sent to it counts no more."""
    link = links.find_link(db, links.LinkPurpose.intake, secret, now)
    link.used_at = now
    return redirect(f"/varaa/{db.get_one(Intake, link.subject_id).supervisor_id}")


@router.get("/peru")
def show_intake_cancel_page(db: Db, now: Now, secret: str) -> Response:
    intake = _find_intake(db, secret, now)
    return pages.show(
        "talk_cancel.html",
        intake=intake,
        is_ahead=intake.status == "confirmed" and intake.starts_at > now,
        secret=secret,
    )


@router.post("/peru")
def cancel_intake_by_link(db: Db, now: Now, secret: str) -> Response:
    undo.cancel_intake(db, _lock_intake(db, secret, now), Actor.client, now)
    return redirect(f"/kartoitus/{secret}", tehty="peruttu")


@router.post("/kumoa")
def restore_intake_by_link(db: Db, now: Now, count: Count, secret: str) -> Response:
    intake = _lock_intake(db, secret, now)
    count("changes", intake.id)
    undo.restore_intake(db, intake, Actor.client, now)
    return redirect(f"/kartoitus/{secret}", tehty="kumottu")


@router.post("/siirra")
def move_intake_by_link(db: Db, now: Now, count: Count, secret: str, typed: Typed) -> Response:
    """If the time has been taken meanwhile, the page comes back with the free times of that day."""
    intake = _lock_intake(db, secret, now)
    count("changes", intake.id)
    try:
        wanted = TimeChoice.model_validate(filled_in(typed, ["starts_at"]))
        with db.begin_nested():
            intakes.reschedule_intake(db, intake, wanted.starts_at, Actor.client, now)
    except TIME_REFUSALS as refused:
        wrong, status = reasons_and_status(refused)
        return _page(db, intake, secret, now, *chosen_month_and_day(typed), typed=typed, wrong=wrong, status=status)
    return redirect(f"/kartoitus/{secret}", tehty="siirretty")


def _find_intake(db: Database, secret: str, now: datetime) -> Intake:
    return db.get_one(Intake, links.find_link(db, links.LinkPurpose.intake, secret, now).subject_id)


def _lock_intake(db: Database, secret: str, now: datetime) -> Intake:
    return intakes.lock_intake(db, links.find_link(db, links.LinkPurpose.intake, secret, now).subject_id, true())
