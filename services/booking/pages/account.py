"""The page of somebody's own login: their passkeys, and the browsers in which they are logged in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.pages.login import LoggedInStaff, ProvedStaff, read_login_secret
from services.booking.pages.passkey_question import answered_cookie, party_or_not_found, question_response
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import accounts, audit, browser_sessions, passkeys
from services.booking.security.accounts import Account
from services.booking.security.browser_names import browser_name
from services.booking.security.passkeys import PasskeyName, PasskeyRefused
from services.booking.settings import Settings
from services.core.database import Database
from services.web.errors.problems import NotFound
from services.web.i18n.translation import word
from services.web.pages import forms
from services.web.pages.forms import Fields, Typed
from services.web.security.links import digest
from services.web.security.rate_limits import limited
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

PATH = "/kirjautuminen"

router = APIRouter(prefix=PATH, route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_account(
    db: Db, now: Now, visitor: LoggedInStaff, request: Request, settings: Configured, done: DoneQuery = ""
) -> Response:
    account = _account(db, settings, visitor)
    return pages.show(
        "account.html",
        visitor=visitor,
        passkeys=passkeys.list_passkeys(db, account),
        sessions=browser_sessions.list_sessions(db, account, now),
        this_browser=digest(read_login_secret(request, settings)),
        knows_passkeys=passkeys.relying_party(settings) is not None,
        done=done,
    )


@router.post("/selaimet/{number}/ulos")
def log_browser_out(db: Db, now: Now, visitor: LoggedInStaff, settings: Configured, number: str) -> Response:
    account = _account(db, settings, visitor)
    browser_sessions.end_session_of(db, account, number)
    audit.note(db, now, "login.ended", f"{account.role}/{account.party_id}")
    return redirect(PATH, tehty="ulos")


@router.get("/avaimet/uusi")
def show_new_passkey_form(visitor: ProvedStaff, request: Request, settings: Configured) -> Response:
    party_or_not_found(settings)
    proposed = browser_name(request.headers.get("user-agent", "")) or word("Pääsyavain")
    return pages.show("passkey_add.html", visitor=visitor, typed={"name": proposed}, wrong={})


@router.post("/avaimet/kysymys", dependencies=[Depends(limited("logins"))])
def ask_for_new_passkey(db: Db, now: Now, visitor: ProvedStaff, settings: Configured) -> Response:
    account = _account(db, settings, visitor)
    return question_response(settings, passkeys.ask_to_register(db, party_or_not_found(settings), account, now))


@router.post("/avaimet/uusi")
def add_passkey(
    db: Db,
    now: Now,
    visitor: ProvedStaff,
    request: Request,
    settings: Configured,
    typed: Typed,
    answer: Annotated[str, Form(alias="vastaus")] = "",
) -> Response:
    """A refusal leads back to the page: its answer has to be one that commits that the challenge is used up."""
    account, us = _account(db, settings, visitor), party_or_not_found(settings)
    cookie = answered_cookie(request, settings)
    try:
        name = PasskeyName.model_validate({"name": typed.get("name", "").strip() or word("Pääsyavain")})
        passkeys.register(db, us, account, cookie, answer, name, now)
    except ValidationError as refused:
        return _form("passkey_add.html", visitor, typed, refused)
    except PasskeyRefused:
        return redirect(PATH, tehty="avain")
    return redirect(PATH, tehty="lisatty")


@router.get("/avaimet/{passkey_id}")
def show_passkey(db: Db, visitor: LoggedInStaff, settings: Configured, passkey_id: UUID) -> Response:
    passkey = passkeys.find_passkey(db, _account(db, settings, visitor), passkey_id)
    return _form("passkey.html", visitor, {"name": passkey.name}, passkey=passkey)


@router.post("/avaimet/{passkey_id}")
def rename_passkey(db: Db, visitor: LoggedInStaff, settings: Configured, passkey_id: UUID, typed: Typed) -> Response:
    passkey = passkeys.find_passkey(db, _account(db, settings, visitor), passkey_id, lock=True)
    try:
        passkey.name = PasskeyName.model_validate(forms.filled_in(typed, ("name",))).name
    except ValidationError as refused:
        return _form("passkey.html", visitor, typed, refused, passkey=passkey)
    return redirect(PATH, tehty="nimetty")


@router.post("/avaimet/{passkey_id}/poista")
def remove_passkey(db: Db, now: Now, visitor: LoggedInStaff, settings: Configured, passkey_id: UUID) -> Response:
    passkeys.remove_passkey(db, _account(db, settings, visitor), passkey_id, now)
    return redirect(PATH, tehty="poistettu")


def _form(
    template: str, visitor: Visitor, typed: Fields, refused: ValidationError | None = None, **shown: object
) -> Response:
    return pages.show(
        template, forms.status_of(refused), visitor=visitor, typed=typed, wrong=forms.reasons(refused), **shown
    )


def _account(db: Database, settings: Settings, visitor: Visitor) -> Account:
    account = accounts.account_of_principal(db, settings, visitor.principal)
    if account is None:
        raise NotFound
    return account
