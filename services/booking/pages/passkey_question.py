"""What a page's script asks before it speaks to a passkey, and the cookie that ties the answer to this browser."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.booking.pages.site import pages
from services.booking.security import passkeys
from services.booking.security.challenges import CHALLENGE_LIFETIME
from services.booking.security.passkeys import Question, RelyingParty
from services.booking.settings import Settings
from services.web.errors.problems import NotFound
from services.web.pages.rendering import asset

router = APIRouter(include_in_schema=False)


@router.get("/passkeys.js")
async def serve_script() -> Response:
    return asset(pages.source("passkeys.js"), "text/javascript")


def party_or_not_found(settings: Settings) -> RelyingParty:
    party = passkeys.relying_party(settings)
    if party is None:
        raise NotFound
    return party


def question_response(settings: Settings, question: Question) -> Response:
    response = Response(question.options, media_type="application/json", headers={"Cache-Control": "no-store"})
    response.set_cookie(
        _cookie_name(settings),
        question.cookie,
        max_age=int(CHALLENGE_LIFETIME.total_seconds()),
        secure=settings.public_url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )
    return response


def answered_cookie(request: Request, settings: Settings) -> str:
    return request.cookies.get(_cookie_name(settings), "")


def _cookie_name(settings: Settings) -> str:
    """The prefix makes browsers keep the cookie to this very host, over HTTPS only."""
    return "__Host-kysymys" if settings.public_url.startswith("https:") else "kysymys"
