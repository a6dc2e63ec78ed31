"""What went wrong with a request, told so that the reader knows what to do: RFC 9457 problem details.

A problem is an exception; use cases raise it, one handler answers it. The docstring of its class is the English title.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.core.tracing import trace_id
from services.web.i18n.language import Language, Text, language_of

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """The request can't be answered."""

    status: ClassVar[int] = 400
    finnish: ClassVar[str] = "Pyyntöön ei voi vastata."
    advice: ClassVar[Text]
    """What to do now: each problem says it, see `detail`."""
    media_type: ClassVar[str] = MEDIA_TYPE
    holds: ClassVar[Mapping[str, tuple[Any, str]]] = {}
    """The members that it may add: of which type each is, and what it says."""

    def __init__(
        self, detail: Text | None = None, *, headers: Mapping[str, str] | None = None, **members: object
    ) -> None:
        super().__init__(self.title("en"))
        self.detail = detail or self.advice
        self.headers = dict(headers or {})
        self.members = members

    @classmethod
    def slug(cls) -> str:
        """The stable last part of its type: SlotTaken is ``slot-taken``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def address(cls) -> str:
        """Its `type`: where it is explained, at whichever host the answer came from."""
        return f"/docs/problems/{cls.slug()}"

    @classmethod
    def title(cls, language: Language) -> str:
        return cls.finnish if language == "fi" else (cls.__doc__ or "").strip().split("\n")[0]


class FieldError(BaseModel):
    """What is wrong with one field or parameter."""

    field: str = Field(description="Its name; dots lead into objects and lists.", examples=["contact.email"])
    detail: str = Field(description="What to mend, for people to read.", examples=["This is not an e-mail address."])


class InvalidRequest(Problem):
    """Something in the request is missing or wrong."""

    status = 422
    finnish = "Pyynnössä on puutteita tai virheitä."
    advice = Text(
        fi="Poista merkit ja arvot, joita ei voi tallentaa, ja lähetä pyyntö uudelleen.",
        en="Remove the characters and values that can't be stored, and send it again.",
    )
    """Of what only PostgreSQL refused nobody can say in which field it was."""
    holds: ClassVar[Mapping[str, tuple[Any, str]]] = {"errors": (list[FieldError], "Each field that is wrong.")}

    def __init__(self, errors: Sequence[Mapping[str, object]] = ()) -> None:
        if errors:
            super().__init__(MEND_WHAT_IS_NAMED, errors=list(errors))
        else:
            super().__init__()


MEND_WHAT_IS_NAMED = Text(
    fi="Korjaa mainitut kohdat ja lähetä pyyntö uudelleen.", en="Mend what is named and send it again."
)


class Malformed(Problem):
    """The request can't be read."""

    status = 400
    finnish = "Pyyntöä ei voi lukea."
    advice = Text(
        fi="Tarkista pyynnön muoto ja lähetä se uudelleen.", en="Check the format of the request and send it again."
    )


class NotFound(Problem):
    """Not found."""

    status = 404
    finnish = "Hakemaasi ei löytynyt."
    advice = Text(
        fi="Linkki on voinut vanhentua, tai osoitteessa on virhe. Avaa uusin kirjeesi tai aloita etusivulta.",
        en="Check the address. What belongs to somebody else looks like what does not exist.",
    )


class MethodNotAllowed(Problem):
    """This can't be done with this address."""

    status = 405
    finnish = "Tätä ei voi tehdä tälle osoitteelle."
    advice = Text(
        fi="Palaa edelliselle sivulle. Rajapinnassa otsake Allow kertoo, mitä osoitteelle voi tehdä.",
        en="Go back to the page before. For programs the Allow header says what can be done.",
    )


class TooLarge(Problem):
    """The request is too large."""

    status = 413
    finnish = "Pyyntö on liian suuri."
    advice = Text(
        fi="Lähetä kerralla enintään yksi megatavu. Kuva voi olla kahdeksan.",
        en="Send at most one megabyte at a time. A picture may have eight.",
    )


class Unauthenticated(Problem):
    """Not authenticated."""

    status = 401
    finnish = "Kerro ensin, kuka olet."
    advice = Text(
        fi="Hae voimassa oleva tunniste osoitteesta /oauth/token ja lähetä se otsakkeessa Authorization.",
        en="Get a token from /oauth/token and send it in the Authorization header.",
    )


class Forbidden(Problem):
    """You may see this, but not do this."""

    status = 403
    finnish = "Näet tämän, mutta et voi tehdä tätä."
    advice = Text(fi="Pyydä sitä työnohjaajalta tai ylläpidolta.", en="Ask the supervisor or the admin to do it.")


class Conflict(Problem):
    """Somebody else changed the same thing at the same time."""

    status = 409
    finnish = "Joku muu muutti samaa asiaa samaan aikaan."
    advice = Text(fi="Hae uusin tila ja yritä uudelleen.", en="Get the newest state and try again.")


class Unavailable(Problem):
    """The service can't answer just now."""

    status = 503
    finnish = "Palvelu ei voi vastata juuri nyt."
    advice = Text(
        fi="Emme tiedä, ehtikö mikään muuttua. Lähetä sama hetken kuluttua uudelleen, "
        "rajapintaan samalla Idempotency-Key-avaimella.",
        en="We can't know whether anything was changed. Try again in a moment with the same Idempotency-Key.",
    )

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)})


class Unexpected(Problem):
    """Something broke on our side."""

    status = 500
    finnish = "Jotain meni rikki meidän puolellamme."
    advice = Text(
        fi="Vika on kirjattu lokiin. Kerro ylläpidolle vastauksen tunniste (trace_id).",
        en="It is written in the log. Tell the operator the trace_id of this answer.",
    )


class ProblemShape(BaseModel):
    """Problem details of RFC 9457, with the members that a problem adds."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(
        json_schema_extra={"format": "uri-reference"},
        description="Where the problem is explained, relative to the address of the installation.",
        examples=["/docs/problems/slot-taken"],
    )
    title: str = Field(
        description="What went wrong, in the language of `Accept-Language`.", examples=["The time is already taken."]
    )
    status: int = Field(description="The HTTP status of the answer.", examples=[409])
    detail: str = Field(
        description="What to do now, in the same language.", examples=["Choose one of the alternatives."]
    )
    code: str = Field(
        description="What a program looks at: the last part of `type`. It never changes.", examples=["slot-taken"]
    )
    trace_id: str | None = Field(
        None, description="Names this answer to the operator.", examples=["4bf92f3577b34da6a3ce929d0e0e4736"]
    )


NAMED = "x-problems"


def documented(*problems: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may end in these problems; what they are is written by `description`."""
    by_status: dict[int | str, list[str]] = {}
    for problem in problems:
        by_status.setdefault(problem.status, []).append(problem.slug())
    return {status: {"description": "", NAMED: slugs} for status, slugs in by_status.items()}


def described(description: str, media_type: str = MEDIA_TYPE) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def body_of(problem: Problem, language: Language) -> dict[str, object]:
    body: dict[str, object] = {
        "type": problem.address(),
        "title": problem.title(language),
        "status": problem.status,
        "detail": problem.detail.to(language),
        "code": problem.slug(),
        "trace_id": trace_id(),
    }
    shown = {name: value for name, value in body.items() if value is not None}
    return shown | _translated(problem.members, language)


def _translated(members: Mapping[str, object], language: Language) -> dict[str, object]:
    def word(value: object) -> object:
        if isinstance(value, Text):
            return value.to(language)
        if isinstance(value, dict):
            return {name: word(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [word(inner) for inner in value]
        return value

    encoded: dict[str, object] = to_jsonable_python(word(dict(members)))
    return encoded


def answer(request: Request, problem: Problem) -> Response:
    """The answer to a request that ended in a problem; in a browser, where the service has one, a page.

    A problem with a media type of its own is for programs, whatever they say that they accept.
    """
    language = language_of(request)
    page = getattr(request.app.state, "problem_page", None)
    is_for_people = problem.media_type == MEDIA_TYPE and "text/html" in request.headers.get("accept", "")
    if page is not None and is_for_people:
        shown: Response = page(request, problem, language)
    else:
        body = body_of(problem, language)
        shown = JSONResponse(body, problem.status, media_type=problem.media_type)
    shown.headers.update({**problem.headers, "Content-Language": language, "Vary": "Accept-Language"})
    shown.headers.setdefault("Cache-Control", "no-store")
    return shown


def known_problems() -> dict[str, type[Problem]]:
    """Every problem that this process can answer with, by its slug."""
    return {problem.slug(): problem for problem in _descendants(Problem)}


def _descendants(problem: type[Problem]) -> Iterator[type[Problem]]:
    for child in problem.__subclasses__():
        yield child
        yield from _descendants(child)
