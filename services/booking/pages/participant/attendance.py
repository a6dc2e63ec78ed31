"""What a participant says about coming to a shared session, and takes back; and a wish that they take back."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.models.people import Participant
from services.booking.pages.participant.home import is_shared, lock_own_session
from services.booking.pages.participant.sessions import session_page
from services.booking.security import audit
from services.booking.sessions import change_wishes, intentions
from services.booking.sessions.intentions import WordToSupervisor
from services.booking.sessions.sessions import SessionWithProcess
from services.core.database import Database
from services.events.catalogue import Intention
from services.web.errors.problems import NotFound
from services.web.pages.forms import Typed, filled_in, reasons, status_of
from services.web.security.rate_limits import Count
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, RecordedRoute

router = APIRouter(
    prefix="/osallistuja/{secret}/tapaaminen/{session_id}", route_class=RecordedRoute, include_in_schema=False
)


@router.post("/en-paase")
def say_not_coming(db: Db, now: Now, count: Count, secret: str, session_id: UUID, typed: Typed) -> Response:
    person, meeting = _shared_session(db, now, count, secret, session_id)
    try:
        wanted = WordToSupervisor.model_validate(filled_in(typed, ["word"]))
    except ValidationError as refused:
        return session_page(
            db, meeting, person, secret, now, typed=typed, wrong=reasons(refused), status=status_of(refused)
        )
    _say(db, meeting, person, Intention.not_coming, now, wanted.word)
    return redirect(f"/osallistuja/{secret}", tehty="en-paase")


@router.post("/paasen")
def say_coming_after_all(db: Db, now: Now, count: Count, secret: str, session_id: UUID) -> Response:
    person, meeting = _shared_session(db, now, count, secret, session_id)
    _say(db, meeting, person, Intention.coming, now)
    return redirect(f"/osallistuja/{secret}", tehty="paasen")


def _shared_session(
    db: Database, now: datetime, count: Count, secret: str, session_id: UUID
) -> tuple[Participant, SessionWithProcess]:
    person, meeting = lock_own_session(db, now, count, secret, session_id)
    if not is_shared(meeting.process):
        raise NotFound
    return person, meeting


def _say(
    db: Database,
    meeting: SessionWithProcess,
    person: Participant,
    intention: Intention,
    now: datetime,
    word: str | None = None,
) -> None:
    intentions.say_intention(db, meeting, person, intention, word, now)
    audit.note(db, now, "session.intended", f"session/{meeting.session.id}", f"participant/{person.id}")


@router.post("/toive/poista")
def withdraw_wish_as_participant(db: Db, now: Now, count: Count, secret: str, session_id: UUID) -> Response:
    person, meeting = lock_own_session(db, now, count, secret, session_id)
    change_wishes.withdraw_wish(db, meeting.session, person)
    audit.note(db, now, "session.wish-withdrawn", f"session/{session_id}", f"participant/{person.id}")
    return redirect(f"/osallistuja/{secret}", tehty="toive-peruttu")
