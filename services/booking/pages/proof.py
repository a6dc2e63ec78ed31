"""The page on which somebody who is logged in shows once more who they are, and is led back to where they were."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.pages.login import LoggedIn, remember_return_path
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import accounts, passkeys
from services.booking.security.login_requests import accept_login_request
from services.web.errors.problems import NotFound
from services.web.security import proof
from services.web.security.rate_limits import limited
from services.web.security.visitors import is_path, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/vahvista", route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_proof_page(
    db: Db,
    now: Now,
    visitor: LoggedIn,
    settings: Configured,
    return_to: Annotated[str, Query(alias="paluu")] = "",
    done: DoneQuery = "",
) -> Response:
    """A page of its own when nothing is to be gone back to: then a form waits in another tab."""
    target, is_fresh = return_to if return_to and is_path(return_to) else "", proof.is_fresh(visitor, now)
    if is_fresh and target:
        return redirect(target)
    account = accounts.account_of_principal(db, settings, visitor.principal)
    has_passkey = account and passkeys.relying_party(settings) and passkeys.list_passkeys(db, account)
    page = pages.show(
        "proof.html", visitor=visitor, account=account, is_fresh=is_fresh, knows_passkeys=bool(has_passkey), done=done
    )
    if target or not done:
        remember_return_path(page, settings, target or "/vahvista")
    return page


@router.post("/kirje", dependencies=[Depends(limited("logins"))])
def send_proof_letter(db: Db, now: Now, visitor: LoggedIn, settings: Configured) -> Response:
    """The link in the letter logs in anew, which is a proof."""
    account = accounts.account_of_principal(db, settings, visitor.principal)
    if account is None:
        raise NotFound
    accept_login_request(db, account.email, now)
    return redirect("/vahvista", tehty="lahetetty")
