"""Booking's templates, what all of its pages are asked, and its two public pages: the front page and privacy."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from services.booking.dependencies import Configured
from services.booking.presence.practice import offered, practice_of
from services.booking.security import setup
from services.web.pages.rendering import Pages
from services.web.transactions import Db, Now, TransactionalRoute

pages = Pages("services.booking")
router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)

DoneQuery = Annotated[str, Query(alias="tehty")]
"""What was done before the browser was redirected to the page, which says so."""

SearchQuery = Annotated[str, Query(alias="haku", max_length=200)]
PageQuery = Annotated[int, Query(alias="sivu", ge=1, le=1000)]
MinutesQuery = Annotated[int | None, Query(alias="pituus")]


@router.get("/")
def show_front_page(db: Db, now: Now) -> Response:
    own, is_new = practice_of(db), setup.leads_newcomers(db, now)
    return pages.show_in_public("front.html", own=own, prices=offered(own), is_new=is_new)


@router.get("/tietosuoja")
def show_privacy_page(db: Db, settings: Configured) -> HTMLResponse:
    return pages.show_in_public("privacy.html", kept=settings, own=practice_of(db))
