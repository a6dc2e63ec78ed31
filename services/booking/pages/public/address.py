"""The page behind the link in a letter to somebody's new address: a button, and then the address is theirs."""

from fastapi import APIRouter
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Participant
from services.booking.pages.site import pages
from services.booking.supervision import addresses, confirmed_addresses
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/osoite", route_class=TransactionalRoute, include_in_schema=False)


@router.get("/vaihdettu")
async def show_address_changed(logs_in: bool = False) -> Response:
    return pages.show("address_changed.html", logs_in=logs_in)


@router.get("/{secret}")
def show_address_form(db: Db, now: Now, secret: str) -> Response:
    """A button, because programs that check mail open every link."""
    _, email = addresses.person_of_address_link(db, secret, now)
    return pages.show("address_confirm.html", secret=secret, email=email)


@router.post("/{secret}")
def submit_address(db: Db, now: Now, settings: Configured, secret: str) -> Response:
    person, _ = addresses.person_of_address_link(db, secret, now)
    confirmed_addresses.confirm_address(db, settings.link_key, secret, now)
    return redirect("/osoite/vaihdettu", **({} if isinstance(person, Participant) else {"logs_in": "1"}))
