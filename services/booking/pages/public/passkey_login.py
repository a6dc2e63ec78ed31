"""Logging in by a passkey, and by the same two steps the fresh proof of somebody who is logged in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.pages.login import MaybeLoggedIn, RememberField, browser_at_login, enter
from services.booking.pages.passkey_question import answered_cookie, party_or_not_found, question_response
from services.booking.security import accounts, audit, browser_sessions, passkeys, setup
from services.booking.security.accounts import Account
from services.booking.security.passkeys import PasskeyRefused
from services.booking.settings import Settings
from services.core.database import Database
from services.web.security.rate_limits import limited
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/kirjaudu/avain", route_class=TransactionalRoute, include_in_schema=False)


@router.post("/kysymys", dependencies=[Depends(limited("logins"))])
def ask_passkey(db: Db, now: Now, visitor: MaybeLoggedIn, settings: Configured) -> Response:
    question = passkeys.ask_to_log_in(db, party_or_not_found(settings), _account(db, settings, visitor), now)
    return question_response(settings, question)


@router.post("")
def log_in_with_passkey(
    db: Db,
    now: Now,
    visitor: MaybeLoggedIn,
    request: Request,
    settings: Configured,
    answer: Annotated[str, Form(alias="vastaus")] = "",
    is_remembered: RememberField = False,
) -> Response:
    """A refusal leads back to the page: its answer has to be one that commits that the challenge is used up."""
    who, cookie = _account(db, settings, visitor), answered_cookie(request, settings)
    try:
        account = passkeys.log_in(db, settings, party_or_not_found(settings), cookie, answer, who, now)
    except PasskeyRefused:
        return redirect("/vahvista" if who else "/kirjaudu", tehty="avain")
    whose = f"{account.role}/{account.party_id}"
    audit.note(db, now, "login.entered-by-passkey", whose, whose)
    setup.end_by_login(db, account, now)
    browser = browser_at_login(request, settings, is_remembered=is_remembered)
    return enter(request, settings, browser_sessions.begin_session(db, account, browser, now), now)


def _account(db: Database, settings: Settings, visitor: Visitor | None) -> Account | None:
    return accounts.account_of_principal(db, settings, visitor.principal) if visitor else None
