"""Whether a browser sent a request from our own pages: no other site can press our buttons in somebody's name.

Fetch metadata (https://www.w3.org/TR/fetch-metadata/) says it; browsers that send none say at least their Origin.
"""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from services.web.errors.problems import Problem
from services.web.i18n.language import Text

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MACHINES = ("/oauth/", "/demo/")
"""Where nobody is known by a cookie, so that no browser can be used against its owner."""


class ForeignForm(Problem):
    """This form was sent from another site."""

    status = 403
    finnish = "Lomake lähetettiin toiselta sivustolta."
    advice = Text(fi="Avaa sivu suoraan palvelusta ja yritä uudelleen.", en="Open the page here and try again.")


def is_same_origin(request: HTTPConnection) -> bool | None:
    """Whether one of our own pages sent it; None when nothing tells, as with a program that is no browser."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return None
    ours = urlsplit(request.app.state.settings.public_url).netloc
    return urlsplit(origin).netloc in (request.headers.get("host"), ours)


def refuse_other_origins(request: HTTPConnection) -> None:
    """Raise ForeignForm when another site sent a form to one of our pages."""
    if request.scope["method"] in SAFE_METHODS or request.url.path.startswith(MACHINES):
        return
    if "authorization" in request.headers:  # no browser sends a token by itself
        return
    if is_same_origin(request) is False:
        raise ForeignForm
