"""The public pages that request an intake (kartoittava keskustelu): supervisor, time, contact details, thanks.

A cookie tells which holds were asked for in this browser, and nowhere else are they shown. Until one is confirmed, its
time is free for this browser alone, and another request to the same supervisor takes its place. The browser gets the
cookie with the form: pressed twice, the form is sent by one browser, and no answer to it holds what others must not
have.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import col, select
from starlette.responses import Response

from services.booking.calendar import availability, offers
from services.booking.calendar.slots import Span
from services.booking.dependencies import Configured
from services.booking.models.people import Supervisor
from services.booking.models.sessions import Intake
from services.booking.pages import free_month
from services.booking.pages.free_month import TIME_REFUSALS, DayQuery, MonthQuery, chosen_instant, reasons_and_status
from services.booking.pages.site import pages
from services.booking.presence import public_pages, slugs
from services.booking.security.mailboxes import MailboxHasEnough
from services.booking.sessions import intakes
from services.booking.sessions.hold_limits import HOLD_DURATION, Asker, TooManyHolds
from services.booking.sessions.intakes import IntakeCreate
from services.booking.settings import Settings
from services.core.database import Database
from services.finnish.alphabet import alphabetical
from services.web.pages.forms import Typed, filled_in
from services.web.protocol.fields import Instant
from services.web.security.links import digest, is_wellformed
from services.web.security.rate_limits import limited, sender_digest
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/varaa", route_class=TransactionalRoute, include_in_schema=False)

CONTACT_FIELDS = ("name", "email", "organisation", "message")
INTAKE_FIELDS = ("starts_at", *CONTACT_FIELDS)

OWN_PAGES, IN_A_FRAME = "layout.html", "framed.html"
"""The templates around these pages: ours, or what is shown on another site."""

REMEMBERED_SECONDS = 24 * 3600
"""Longer than it takes to fill in the form, and then to confirm."""

TimeQuery = Annotated[Instant, Query(alias="aika")]


def _cookie_name(settings: Settings) -> str:
    """The prefix makes browsers keep the cookie to this very host, over HTTPS only."""
    return "__Host-varaus" if settings.public_url.startswith("https:") else "varaus"


def _browser(request: Request, settings: Configured) -> str:
    """The secret by which we tell this browser from others, or a new one."""
    known = request.cookies.get(_cookie_name(settings), "")
    return known if is_wellformed(known) else secrets.token_urlsafe(32)


OwnBrowser = Annotated[str, Depends(_browser)]


def _find_own_holds(db: Db, now: Now, request: Request, browser: OwnBrowser) -> Sequence[Intake]:
    return intakes.find_holds(db, browser, now, lock=request.method == "POST")


OwnHolds = Annotated[Sequence[Intake], Depends(_find_own_holds)]
"""What this browser has asked for and not yet confirmed, the newest first; locked, where it can be given up."""


def _newest(holds: Sequence[Intake], supervisor_id: UUID | None = None) -> Intake | None:
    """The newest hold, or the one with this supervisor."""
    return next((hold for hold in holds if supervisor_id in (None, hold.supervisor_id)), None)


@router.get("")
def choose_intake_supervisor(db: Db) -> Response:
    active = select(Supervisor).where(col(Supervisor.deactivated_at).is_(None))
    supervisors = db.scalars(active.order_by(alphabetical(Supervisor.name), col(Supervisor.id))).all()
    if len(supervisors) == 1:
        return redirect(f"/varaa/{supervisors[0].id}")
    pages_of = dict(public_pages.list_public_slugs(db))
    return pages.show_in_public("intake_supervisors.html", supervisors=supervisors, slugs=pages_of)


@router.get("/kiitos")
def show_intake_thanks(db: Db, holds: OwnHolds) -> Response:
    hold = _newest(holds)
    return pages.show(
        "intake_thanks.html",
        place=OWN_PAGES,
        again="/varaa",
        hold=hold,
        supervisor=db.get_one(Supervisor, hold.supervisor_id) if hold else None,
        minutes=int(HOLD_DURATION.total_seconds() // 60),
    )


@router.get("/{supervisor_id}")
def choose_intake_time(
    db: Db, now: Now, holds: OwnHolds, supervisor_id: UUID, month: MonthQuery = "", day: DayQuery = None
) -> Response:
    own = _newest(holds, supervisor_id)
    practice = availability.load_practice(db, supervisor_id)
    free = free_month.load_free_month(
        db, practice, None, practice.intake_length, month, now, without=own.id if own else None
    )
    return pages.show_in_public(
        "intake_time.html",
        place=OWN_PAGES,
        here=f"/varaa/{supervisor_id}",
        supervisor=practice.supervisor,
        slug=slugs.current_slug(db, supervisor_id) if not practice.supervisor.deactivated_at else None,
        minutes=int(practice.intake_length.total_seconds() // 60),
        month=free,
        chosen=free.day(day),
    )


@router.get("/{supervisor_id}/tiedot")
def show_intake_form(
    db: Db,
    now: Now,
    holds: OwnHolds,
    browser: OwnBrowser,
    settings: Configured,
    supervisor_id: UUID,
    starts_at: TimeQuery,
) -> Response:
    """The browser may cache the empty form, so that whoever goes back finds what they had typed."""
    own = _newest(holds, supervisor_id)
    known = own or _newest(holds)
    typed = {field: getattr(known, field) or "" for field in CONTACT_FIELDS} if known else {}
    page = show_form(db, supervisor_id, now, own, typed | {"starts_at": starts_at.isoformat()}, {})
    _remember(page, browser, settings)
    if not known:
        page.headers["Cache-Control"] = "private, no-cache"
    return page


@router.post("/{supervisor_id}/tiedot", dependencies=[Depends(limited("intakes"))])
def submit_intake(
    db: Db,
    now: Now,
    request: Request,
    holds: OwnHolds,
    browser: OwnBrowser,
    settings: Configured,
    supervisor_id: UUID,
    typed: Typed,
) -> Response:
    """A refused form is shown again, with what was typed and what is wrong; a status of 400 or more rolls back."""
    own = _newest(holds, supervisor_id)
    try:
        wanted = IntakeCreate.model_validate({"supervisor_id": supervisor_id, **filled_in(typed, INTAKE_FIELDS)})
        asker = Asker(sender_digest(request), digest(browser))
        intakes.hold_intake(db, settings, wanted, asker, now, own)
    except (*TIME_REFUSALS, TooManyHolds, MailboxHasEnough) as refused:
        return show_form(db, supervisor_id, now, own, typed, *reasons_and_status(refused))
    response = redirect("/varaa/kiitos")
    _remember(response, browser, settings)
    return response


def _remember(response: Response, browser: str, settings: Settings) -> None:
    response.set_cookie(
        _cookie_name(settings),
        browser,
        max_age=REMEMBERED_SECONDS,
        secure=settings.public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def show_form(
    db: Database,
    supervisor_id: UUID,
    now: datetime,
    hold: Intake | None,
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
    status: int = 200,
    *,
    place: str = OWN_PAGES,
    here: str = "",
) -> Response:
    """With the chosen time and those nearest to it, so that another can be chosen without typing again."""
    practice = availability.load_practice(db, supervisor_id)
    wanted = chosen_instant(typed) or chosen_instant(typed, "wanted") or now
    span = Span(wanted, wanted + practice.intake_length)
    near = offers.list_alternatives(db, practice, None, span, now, without=hold.id if hold else None)
    return pages.show(
        "intake_form.html",
        status,
        place=place,
        here=here or f"/varaa/{supervisor_id}",
        supervisor=practice.supervisor,
        length=practice.intake_length,
        wanted=wanted,
        near=sorted(slot.starts_at for slot in near),
        typed=typed,
        wrong=wrong,
    )
