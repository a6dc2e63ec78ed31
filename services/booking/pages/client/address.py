"""The page on which the contact of a client gives a new address of their own."""

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Client
from services.booking.pages.login import LoggedInClient
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import permissions
from services.booking.supervision import addresses
from services.web.errors.problems import Problem
from services.web.pages.forms import Fields, Refused, Typed, filled_in, reasons, status_of
from services.web.security.rate_limits import Count
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/oma/osoite", route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_own_address(db: Db, visitor: LoggedInClient, done: DoneQuery = "") -> Response:
    return _page(visitor, permissions.find_client(db, visitor.principal, visitor.party_id), {}, done=done)


@router.post("")
def state_own_address(
    db: Db, now: Now, visitor: LoggedInClient, settings: Configured, count: Count, typed: Typed
) -> Response:
    """The address changes when the button in the letter to the new one is pressed."""
    client = permissions.find_client(db, visitor.principal, visitor.party_id, lock=True)
    count("changes", client.id)
    try:
        email = addresses.NewAddress.model_validate(filled_in(typed, ("email",))).email
        addresses.ensure_is_another(client, email)
        addresses.state_address(db, settings, client, email, now)
    except (ValidationError, Problem) as refused:
        return _page(visitor, client, typed, refused)
    return redirect("/oma/osoite", tehty="osoite")


def _page(
    visitor: Visitor, client: Client, typed: Fields, refused: Refused | None = None, *, done: str = ""
) -> Response:
    return pages.show(
        "client_address.html",
        status_of(refused),
        visitor=visitor,
        client=client,
        typed=typed,
        wrong=reasons(refused),
        done=done,
    )
