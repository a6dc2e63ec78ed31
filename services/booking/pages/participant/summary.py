"""The page behind the link in a summary's letter: the summary, and whether its text comes in letters."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.booking.dependencies import NotesEncryption
from services.booking.models.people import Participant, Supervisor
from services.booking.models.sessions import Session, Summary
from services.booking.pages.participant.device import Browser, ParticipantBrowser
from services.booking.pages.site import pages
from services.booking.security import audit
from services.booking.security.links import LinkPurpose
from services.booking.sessions import summaries
from services.booking.supervision import participants
from services.booking.supervision.personal_links import follow_personal_link
from services.core.database import Database
from services.web.pages.forms import Typed
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, RecordedRoute

router = APIRouter(prefix="/yhteenveto/{secret}", route_class=RecordedRoute, include_in_schema=False)


@router.get("")
def show_summary_by_link(
    db: Db,
    now: Now,
    encryption: NotesEncryption,
    browser: Browser,
    secret: str,
    is_saved: Annotated[bool, Query(alias="tehty")] = False,
) -> Response:
    summary, session, person = _readable(db, browser, secret, now)
    audit.note(db, now, "summary.read", f"summary/{summary.id}", f"participant/{person.id}")
    return pages.show(
        "summary.html",
        secret=secret,
        session=session,
        supervisor=db.get_one(Supervisor, session.supervisor_id),
        content=summaries.published_content(db, encryption, summary),
        done=summary.done,
        edition=summary.edition,
        published_at=summary.published_at,
        in_letter=person.summary_in_letter,
        is_saved=is_saved,
    )


@router.post("/kirjeet")
def choose_letters_on_summary_page(db: Db, now: Now, browser: Browser, secret: str, typed: Typed) -> Response:
    """Whether the text of summaries comes in letters, or only a link to this page."""
    _, _, person = _readable(db, browser, secret, now)
    participants.set_summary_in_letter(db, person, now, in_letter=typed.get("tekstina") == "1")
    return redirect(f"/yhteenveto/{secret}", tehty="1")


def _readable(
    db: Database, browser: ParticipantBrowser, secret: str, now: datetime
) -> tuple[Summary, Session, Participant]:
    person, reader_id = follow_personal_link(db, LinkPurpose.summary, secret, now)
    browser.ensure_confirmed(db, person, now)
    return *summaries.find_summary_of_link(db, reader_id), person
