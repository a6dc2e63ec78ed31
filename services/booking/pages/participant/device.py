"""The browser of a participant, and the page on which it is confirmed by a code from a letter.

A link alone opens times and forms; summaries, answers, comments and the export ask for a confirmed browser.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Participant
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import devices
from services.booking.security.links import LinkPurpose
from services.booking.supervision.personal_links import follow_personal_link
from services.core.database import Database
from services.web.errors.problems import NotFound
from services.web.pages.forms import INVALID, OK, Typed
from services.web.security import browser
from services.web.security.rate_limits import limited
from services.web.security.visitors import Elsewhere, redirect
from services.web.transactions import Db, Now, RecordedRoute

router = APIRouter(prefix="/laite/{path}/{secret}", route_class=RecordedRoute, include_in_schema=False)

PURPOSES = {
    "osallistuja": LinkPurpose.participant,
    "yhteenveto": LinkPurpose.summary,
    "arviointi": LinkPurpose.evaluation,
    "palaute": LinkPurpose.feedback,
}
SUBPAGE = re.compile(r"(/[a-z0-9.-]+)*")


@dataclass(frozen=True)
class ParticipantBrowser(browser.Browser):
    """A participant's browser, and the page that it asked for: `/osallistuja/<secret>` and what follows."""

    link: str
    subpage: str

    def is_confirmed(self, db: Database, person: Participant, now: datetime) -> bool:
        return devices.is_confirmed(db, self.cookie, person, now)

    def ensure_confirmed(self, db: Database, person: Participant, now: datetime) -> None:
        """Lead a browser that is not confirmed to the page where it can be, and back to where it was going."""
        if not self.is_confirmed(db, person, now):
            raise Elsewhere(redirect(f"/laite{self.link}", **({"sivu": self.subpage} if self.subpage else {})))


def _browser(request: Request) -> ParticipantBrowser:
    _, path, secret, *rest = request.url.path.split("/")
    subpage = "".join(f"/{part}" for part in rest) if request.method == "GET" else ""
    return ParticipantBrowser(**vars(browser.browser_of(request)), link=f"/{path}/{secret}", subpage=subpage)


Browser = Annotated[ParticipantBrowser, Depends(_browser)]

SubpageQuery = Annotated[str, Query(alias="sivu", max_length=200)]


@router.get("")
def show_device_page(
    db: Db, now: Now, seen: Browser, path: str, secret: str, subpage: SubpageQuery = "", done: DoneQuery = ""
) -> Response:
    """First what a confirmed device is for and a button to send a code, then the field for the code."""
    person = _person(db, path, secret, now)
    if seen.is_confirmed(db, person, now):
        return redirect(_page_asked_for(path, secret, subpage))
    return pages.show(
        "device.html",
        INVALID if done == "vaara" else OK,
        here=f"/laite/{path}/{secret}",
        subpage=subpage,
        is_accepted=person.address_accepted,
        is_sent=done in ("lahetetty", "vaara"),
        is_wrong=done == "vaara",
        minutes=int(devices.CODE_LIFETIME.total_seconds() // 60),
        days=browser.REMEMBERED_FOR.days,
        typed={},
    )


@router.post("/koodi", dependencies=[Depends(limited("codes"))])
def send_device_code(
    db: Db, now: Now, seen: Browser, settings: Configured, path: str, secret: str, typed: Typed
) -> Response:
    person, known = _person(db, path, secret, now), seen.with_cookie()
    devices.send_code(db, settings.link_key, known.cookie, person, now)
    response = redirect(f"/laite/{path}/{secret}", sivu=typed.get("sivu", ""), tehty="lahetetty")
    known.remember(response)
    return response


@router.post("", dependencies=[Depends(limited("codes"))])
def confirm_device(
    db: Db, now: Now, seen: Browser, settings: Configured, path: str, secret: str, typed: Typed
) -> Response:
    """A wrong code uses a try up, so that its answer has to be one that commits."""
    person, subpage = _person(db, path, secret, now), typed.get("sivu", "")
    if not devices.try_code(db, settings.link_key, seen.cookie, person, typed.get("koodi", ""), now):
        return redirect(f"/laite/{path}/{secret}", sivu=subpage, tehty="vaara")
    renewed = seen.with_new_cookie()
    devices.confirm_device(db, seen.cookie, renewed.cookie, person, now)
    response = redirect(_page_asked_for(path, secret, subpage))
    renewed.remember(response)
    return response


def _person(db: Database, path: str, secret: str, now: datetime) -> Participant:
    if path not in PURPOSES:
        raise NotFound
    return follow_personal_link(db, PURPOSES[path], secret, now).person


def _page_asked_for(path: str, secret: str, subpage: str) -> str:
    return f"/{path}/{secret}{subpage if SUBPAGE.fullmatch(subpage) else ''}"
