"""Changes only to what the client has seen: ETag, If-Match and If-None-Match (RFC 9110 §13)."""

from typing import Annotated

from fastapi import Depends, Header, Request, Response

from services.web.errors.problems import Problem
from services.web.i18n.language import Text


class PreconditionRequired(Problem):
    """Say which version you change."""

    status = 428
    finnish = "Kerro, mitä versiota muutat."
    advice = Text(
        fi="Hae kohde ja lähetä sen ETag otsakkeessa If-Match.",
        en="Get it first and send its ETag in the If-Match header.",
    )


class PreconditionFailed(Problem):
    """It has changed since it was read."""

    status = 412
    finnish = "Kohde on muuttunut sen jälkeen, kun näit sen."
    advice = Text(fi="Hae uusin versio ja päätä sitten.", en="Get the newest version and decide then.")


def etag(*versions: int) -> str:
    """The ETag of something made of parts with these versions."""
    return '"' + ".".join(str(version) for version in versions) + '"'


def _names(header: str, current: str, *, strongly: bool) -> bool:
    """Whether a list names this ETag, or any by ``*``. No ETag of ours has a comma in it, nor is it weak."""
    named = [one.strip() for one in header.split(",")]
    if not strongly:
        named = [one.removeprefix("W/") for one in named]
    return named == ["*"] or current in named


def _header(request: Request, name: str) -> str | None:
    """A list may come in several lines."""
    return ", ".join(request.headers.getlist(name)) if name in request.headers else None


class IfMatch:
    """The versions that a request is willing to change."""

    def __init__(self, header: str | None) -> None:
        self._header = header

    def check(self, current: str) -> None:
        """Refuse unless the client knows what it changes. Call it while the row is locked."""
        if self._header is None:
            raise PreconditionRequired
        if not _names(self._header, current, strongly=True):
            raise PreconditionFailed(headers={"ETag": current})


async def if_match(
    request: Request,
    _: Annotated[
        str | None, Header(alias="If-Match", description="The ETag of the version that is to be changed.")
    ] = None,
) -> IfMatch:
    return IfMatch(_header(request, "if-match"))


Match = Annotated[IfMatch, Depends(if_match)]


def not_modified_or(request: Request, response: Response) -> Response:
    """The answer, or 304 when the client has this very version already."""
    current, known = response.headers.get("etag"), _header(request, "if-none-match")
    if request.method != "GET" or response.status_code != 200 or current is None or known is None:
        return response
    if not _names(known, current, strongly=False):
        return response
    return Response(status_code=304, headers={"ETag": current, "Cache-Control": "private, no-cache"})
