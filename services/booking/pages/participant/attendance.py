"""What a participant says about coming to a shared session, and takes back; and a wish that they take back."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.booking.pages.participant.home import is_shared, lock_own_session
from services.booking.security import audit
from services.booking.sessions import change_wishes, intentions
from services.booking.sessions.intentions import WordToSupervisor
from services.core.database import Database
from services.events.catalogue import Intention
from services.web.errors.problems import NotFound
from services.web.pages.forms import Typed, filled_in
from services.web.security.rate_limits import Count
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, RecordedRoute

router = APIRouter(
    prefix="/osallistuja/{secret}/tapaaminen/{session_id}", route_class=RecordedRoute, include_in_schema=False
)


@router.post("/en-paase")
def say_not_coming(db: Db, now: Now, count: Count, secret: str, session_id: UUID, typed: Typed) -> Response:
    word = WordToSupervisor.model_validate(filled_in(typed, ["note"]))
    return _say(db, now, count, secret, session_id, Intention.not_coming, word, "en-paase")


@router.post("/paasen")
def say_coming_after_all(db: Db, now: Now, count: Count, secret: str, session_id: UUID) -> Response:
    return _say(db, now, count, secret, session_id, Intention.coming, WordToSupervisor(), "paasen")


def _say(
    db: Database,
    now: Now,
    count: Count,
    secret: str,
    session_id: UUID,
    intention: Intention,
    word: WordToSupervisor,
    done: str,
) -> Response:
    person, meeting = lock_own_session(db, now, count, secret, session_id)
    if not is_shared(meeting.process):
        raise NotFound
    intentions.say_intention(db, meeting, person, intention, word, now)
    audit.note(db, now, "session.intended", f"session/{session_id}", f"participant/{person.id}")
    return redirect(f"/osallistuja/{secret}", tehty=done)


@router.post("/toive/poista")
def withdraw_wish_as_participant(db: Db, now: Now, count: Count, secret: str, session_id: UUID) -> Response:
    person, meeting = lock_own_session(db, now, count, secret, session_id)
    change_wishes.withdraw_wish(db, meeting.session, person)
    audit.note(db, now, "session.wish-withdrawn", f"session/{session_id}", f"participant/{person.id}")
    return redirect(f"/osallistuja/{secret}", tehty="toive-peruttu")
