"""The page behind the button in a test letter: pressed, it says that letters arrive."""

from fastapi import APIRouter
from starlette.responses import Response

from services.booking.lifecycle import setting_up
from services.booking.pages.site import pages
from services.booking.security import links
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/koekirje", route_class=TransactionalRoute, include_in_schema=False)


@router.get("/{secret}")
def show_test_letter(db: Db, now: Now, secret: str) -> Response:
    """A button, because programs that check mail open every link."""
    link = links.find_link(db, links.LinkPurpose.test_letter, secret, now)
    return pages.show("test_letter.html", secret=secret, is_confirmed=link.used_at is not None)


@router.post("/{secret}")
def confirm_test_letter_by_link(db: Db, now: Now, secret: str) -> Response:
    setting_up.confirm_test_letter(db, secret, now)
    return redirect(f"/koekirje/{secret}")
