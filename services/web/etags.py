"""Changes only to what the client has seen: ETag, If-Match and If-None-Match (RFC 9110 §13)."""

from typing import Annotated

from fastapi import Depends, Header, Request, Response

from services.web.language import Text
from services.web.problems import Problem


class PreconditionRequired(Problem):
    """Say which version you change."""

    status = 428
    finnish = "Kerro, mitä versiota muutat."
    advice = Text(
        fi="Hae kohde ja lähetä sen ETag otsakkeessa If-Match.",
        en="Get it first and send its ETag in the If-Match header.",
    )


class PreconditionFailed(Problem):
    """It has changed since you saw it."""

    status = 412
    finnish = "Kohde on muuttunut sen jälkeen, kun näit sen."
    advice = Text(fi="Hae uusin versio ja päätä sitten.", en="Get the newest version and decide then.")


def tag(*versions: int) -> str:
    """The ETag of something made of parts with these versions."""
    return '"' + ".".join(str(version) for version in versions) + '"'


def _names(header: str, current: str) -> bool:
    named = [one.strip().removeprefix("W/") for one in header.split(",")]
    return current in named or "*" in named


class IfMatch:
    """The versions that a request is willing to change."""

    def __init__(self, header: str | None) -> None:
        self._header = header

    def check(self, current: str) -> None:
        """Refuse unless the client knows what it changes. Call it while the row is locked."""
        if self._header is None:
            raise PreconditionRequired
        if not _names(self._header, current):
            raise PreconditionFailed(headers={"ETag": current})


async def _if_match(
    if_match: Annotated[str | None, Header(description="The ETag of the version that is to be changed.")] = None,
) -> IfMatch:
    return IfMatch(if_match)


Match = Annotated[IfMatch, Depends(_if_match)]


def unless_known(request: Request, response: Response) -> Response:
    """The answer, or 304 when the client has this very version already."""
    current, known = response.headers.get("etag"), request.headers.get("if-none-match")
    if request.method != "GET" or response.status_code != 200 or not (current and known and _names(known, current)):
        return response
    return Response(status_code=304, headers={"ETag": current, "Cache-Control": "private, no-cache"})
