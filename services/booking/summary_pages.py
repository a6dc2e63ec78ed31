"""The page on which a participant reads the summary of a meeting, and says how summaries shall come."""

from datetime import datetime

from fastapi import APIRouter
from starlette.responses import Response

from services.booking import audit, links, participants, summaries
from services.booking.confidence import Sealed
from services.booking.evaluation_models import Summary
from services.booking.links import Purpose
from services.booking.models import Participant, Session, Supervisor
from services.booking.pages import pages
from services.database import Database
from services.web.forms import Typed
from services.web.transactions import Db, Now, RecordedRoute
from services.web.visitors import redirect

router = APIRouter(prefix="/yhteenveto/{secret}", route_class=RecordedRoute, include_in_schema=False)


@router.get("")
def show(db: Db, now: Now, safe: Sealed, secret: str, tehty: bool = False) -> Response:
    summary, session, person = _readable(db, secret, now)
    audit.note(db, now, f"participant/{person.id}", "summary.read", f"summary/{summary.id}")
    return pages.show(
        "summary.html",
        secret=secret,
        session=session,
        supervisor=db.get_one(Supervisor, session.supervisor_id),
        content=summaries.published(db, safe, summary),
        done=summary.done,
        edition=summary.edition,
        published_at=summary.published_at,
        in_letter=person.summary_in_letter,
        is_saved=tehty,
    )


@router.post("/kirjeet")
def choose_letters(db: Db, now: Now, secret: str, typed: Typed) -> Response:
    """Whether the words of summaries come in letters, or only a link to this page."""
    _, _, person = _readable(db, secret, now)
    participants.choose_letters(db, person, now, in_letter=typed.get("tekstina") == "1")
    return redirect(f"/yhteenveto/{secret}", tehty="1")


def _readable(db: Database, secret: str, now: datetime) -> tuple[Summary, Session, Participant]:
    return summaries.of_link(db, links.find(db, Purpose.summary, secret, now).subject_id)
