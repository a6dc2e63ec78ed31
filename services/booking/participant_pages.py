"""A participant's own page, opened by the link in their letters: meetings, questions, summaries, letters."""

from uuid import UUID

from fastapi import APIRouter
from sqlmodel import col
from starlette.responses import Response

from services import vocabulary
from services.booking import audit, meetings_ahead, own_affairs, participants, rebooking, summaries
from services.booking.confidence import Sealed
from services.booking.guests import guest, is_shared
from services.booking.models import Process, Supervisor
from services.booking.own_affairs import Asked, Round
from services.booking.pages import pages
from services.booking.parties_api import Configured
from services.booking.settings import Settings
from services.events.catalogue import Phase
from services.web.forms import Typed
from services.web.links import secret as secret_of
from services.web.links import settings_link
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute
from services.web.visitors import redirect

router = APIRouter(prefix="/osallistuja/{secret}", route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix="/osallistuja/{secret}", route_class=RecordedRoute, include_in_schema=False)


@router.get("")
def show(db: Db, now: Now, settings: Configured, secret: str, tehty: str = "") -> Response:
    person = guest(db, secret, now)
    process = db.get_one(Process, person.process_id)
    feed = secret_of(settings.link_key, person.calendar_link)
    preferences = secret_of(settings.link_key, settings_link(person.id))
    return pages.show(
        "participant.html",
        person=person,
        process=process,
        supervisor=db.get_one(Supervisor, process.supervisor_id),
        ahead=meetings_ahead.where(db, col(Process.id) == process.id, now),
        past=own_affairs.past(db, person, now),
        rounds=[_to_answer(settings, one) for one in own_affairs.open_rounds(db, person, now)],
        asked=[_to_tell(settings, one) for one in own_affairs.awaited_feedback(db, person, now)],
        is_shared=is_shared(process),
        may_book=rebooking.may_book(db, process),
        secret=secret,
        now=now,
        done=tehty,
        calendar_url=f"{settings.public_url}/api/v1/calendar/{feed}.ics",
        settings_url=f"{settings.notifier_public_url}/viestiasetukset/{preferences}",
    )


def _to_answer(settings: Settings, one: Round) -> dict[str, object]:
    return {
        "label": vocabulary.EVALUATIONS[Phase(one.evaluation.phase)].nominative,
        "due": one.evaluation.due_at,
        "is_begun": one.is_begun,
        "is_answered": one.is_answered,
        "address": f"/arviointi/{secret_of(settings.link_key, one.link)}",
    }


def _to_tell(settings: Settings, one: Asked) -> dict[str, object]:
    return {"session": one.session, "address": f"/palaute/{secret_of(settings.link_key, one.link)}"}


@recorded.get("/yhteenveto/{session_id}")
def read_summary(db: Db, now: Now, safe: Sealed, secret: str, session_id: UUID) -> Response:
    """Also when the link in the letter has expired. That it was read is written down."""
    person = guest(db, secret, now)
    summary, session = own_affairs.readable(db, person, session_id)
    audit.note(db, now, f"participant/{person.id}", "summary.read", f"summary/{summary.id}")
    return pages.show(
        "summary.html",
        session=session,
        supervisor=db.get_one(Supervisor, session.supervisor_id),
        content=summaries.published(db, safe, summary),
        done=summary.done,
        edition=summary.edition,
        published_at=summary.published_at,
        back=f"/osallistuja/{secret}",
        is_saved=False,
    )


@router.post("/kirjeet")
def choose_letters(db: Db, now: Now, secret: str, typed: Typed) -> Response:
    """Whether summaries come as text in letters, or as a link only."""
    participants.choose_letters(db, guest(db, secret, now), now, in_letter=typed.get("tekstina") == "1")
    return redirect(f"/osallistuja/{secret}", tehty="kirjeet")
