"""The booking of a first talk on its supervisor's own website: the same pages in a frame, without a single cookie.

A browser sends no cookies of ours into a frame on another site. So nobody is known again here: what was asked for is
corrected by the letter, and twice pressed is once done by the key in the form. A form is still sent by our own page.
"""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.booking.calendar import availability
from services.booking.dependencies import Configured
from services.booking.models.people import Supervisor
from services.booking.pages import free_month
from services.booking.pages.free_month import TIME_REFUSALS, DayQuery, MonthQuery, reasons_and_status
from services.booking.pages.public.intake import IN_A_FRAME, INTAKE_FIELDS, TimeQuery, show_form
from services.booking.pages.site import pages
from services.booking.presence import public_pages
from services.booking.security.mailboxes import MailboxHasEnough
from services.booking.sessions import intakes
from services.booking.sessions.hold_limits import HOLD_DURATION, Asker, TooManyHolds
from services.booking.sessions.intakes import IntakeCreate
from services.web.pages import rendering
from services.web.pages.forms import Typed, filled_in
from services.web.security.links import digest
from services.web.security.rate_limits import limited, sender_digest
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, TransactionalRoute


def _shown_elsewhere(db: Db, request: Request, name: str) -> Supervisor:
    """Whatever is answered from here on may be shown by the sites that the supervisor named, and by our own preview."""
    supervisor = public_pages.find_page(db, name.lower()).supervisor
    request.state.framed_by = " ".join(["'self'", *supervisor.embedding_sites])
    return supervisor


Embedded = Annotated[Supervisor, Depends(_shown_elsewhere)]

router = APIRouter(
    prefix="/t/{name}/upota",
    route_class=TransactionalRoute,
    include_in_schema=False,
    dependencies=[Depends(_shown_elsewhere)],
)
scripts = APIRouter(include_in_schema=False)


@router.get("")
def choose_embedded_time(
    db: Db, now: Now, supervisor: Embedded, name: str, month: MonthQuery = "", day: DayQuery = None
) -> Response:
    practice = availability.load_practice(db, supervisor.id)
    free = free_month.load_free_month(db, practice, None, practice.intake_length, month, now)
    return pages.show(
        "intake_time.html",
        place=IN_A_FRAME,
        here=f"/t/{name}/upota",
        supervisor=practice.supervisor,
        slug=None,  # their page can't be shown in a frame
        minutes=int(practice.intake_length.total_seconds() // 60),
        month=free,
        chosen=free.day(day),
    )


@router.get("/tiedot")
def show_embedded_form(db: Db, now: Now, supervisor: Embedded, name: str, starts_at: TimeQuery) -> Response:
    typed = {"starts_at": starts_at.isoformat()}
    return show_form(db, supervisor.id, now, None, typed, {}, place=IN_A_FRAME, here=f"/t/{name}/upota")


@router.post("/tiedot", dependencies=[Depends(limited("intakes"))])
def submit_embedded_intake(
    db: Db, now: Now, request: Request, supervisor: Embedded, settings: Configured, name: str, typed: Typed
) -> Response:
    here = f"/t/{name}/upota"
    try:
        wanted = IntakeCreate.model_validate({"supervisor_id": supervisor.id, **filled_in(typed, INTAKE_FIELDS)})
        asker = Asker(sender_digest(request), digest(secrets.token_urlsafe(32)))
        intakes.hold_intake(db, settings, wanted, asker, now, None)
    except (*TIME_REFUSALS, TooManyHolds, MailboxHasEnough) as refused:
        wrong, status = reasons_and_status(refused)
        return show_form(db, supervisor.id, now, None, typed, wrong, status, place=IN_A_FRAME, here=here)
    return redirect(f"{here}/kiitos")


@router.get("/kiitos")
def show_embedded_thanks(supervisor: Embedded, name: str) -> Response:
    minutes = int(HOLD_DURATION.total_seconds() // 60)
    return pages.show("intake_thanks.html", place=IN_A_FRAME, again=f"/t/{name}/upota", hold=None, minutes=minutes)


@scripts.get("/upota.js")
async def embedding_script() -> Response:
    """For other sites to load."""
    script = rendering.asset(pages.source("embed.js"), "text/javascript")
    script.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return script


@scripts.get("/upota/kehys.js")
async def script_in_frame() -> Response:
    return rendering.asset(pages.source("framed.js"), "text/javascript")
