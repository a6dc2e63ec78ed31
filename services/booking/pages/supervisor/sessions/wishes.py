"""The supervisor's answers to what participants of a shared session wish to be changed."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.booking.calendar.offers import SlotTaken
from services.booking.pages.login import LoggedInSupervisor
from services.booking.security import audit, permissions
from services.booking.sessions import change_wishes, sessions
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(
    prefix="/tyo/tapaamiset/{session_id}/toiveet/{wish_id}", route_class=TransactionalRoute, include_in_schema=False
)


@router.post("/hyvaksy")
def accept_wish_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, session_id: UUID, wish_id: UUID
) -> Response:
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(visitor.principal))
    try:
        with db.begin_nested():
            change_wishes.accept_wish(db, meeting, wish_id, permissions.actor_of(visitor.principal), now)
    except SlotTaken:
        return redirect(f"/tyo/tapaamiset/{session_id}", tehty="aika-mennyt")
    audit.note(db, now, "session.wish-accepted", f"session/{session_id}")
    done = "peruttu" if meeting.session.status == "cancelled" else "siirretty"
    return redirect(f"/tyo/tapaamiset/{session_id}", tehty=done)


@router.post("/hylkaa")
def decline_wish_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, session_id: UUID, wish_id: UUID
) -> Response:
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(visitor.principal))
    change_wishes.decline_wish(db, meeting, wish_id, now)
    audit.note(db, now, "session.wish-declined", f"session/{session_id}")
    return redirect(f"/tyo/tapaamiset/{session_id}", tehty="ehdotus-hylatty")
