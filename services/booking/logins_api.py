"""POST /api/v1/logins: asks for a link to log in by."""

from datetime import datetime

from fastapi import APIRouter, Depends, Request, Response

from services.booking import logins
from services.booking.parties_api import Configured
from services.booking.settings import Settings
from services.booking.shapes import EmailAddress, Wish
from services.database import Database
from services.web.limits import TooManyRequests, limited
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["logins"])


class LoginWish(Wish):
    email: EmailAddress


def ask(db: Database, request: Request, settings: Settings, email: str, now: datetime) -> None:
    """Nobody learns from the answer who has an account, nor fills somebody's mailbox."""
    try:
        request.app.state.gate.enter("login-letters", email.lower())
    except TooManyRequests:
        return
    logins.request_link(db, settings, email, now)


@router.post("/logins", status_code=202, response_class=Response, dependencies=[Depends(limited("logins"))])
def request_login(db: Db, now: Now, request: Request, settings: Configured, wish: LoginWish) -> Response:
    """The same answer for every address; the link goes to those who have an account."""
    ask(db, request, settings, wish.email, now)
    return Response(status_code=202)
