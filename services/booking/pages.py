"""Booking's pages: its templates, and the pages that say who we are and what we do with people's data."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from services.web.pages import Pages

SEE_OTHER = 303

pages = Pages("services.booking")
router = APIRouter(include_in_schema=False)


@router.get("/")
async def front() -> HTMLResponse:
    return pages.show_in_public("front.html")


@router.get("/tietosuoja")
async def privacy(request: Request) -> HTMLResponse:
    return pages.show_in_public("privacy.html", kept=request.app.state.settings)
