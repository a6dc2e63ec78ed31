"""Finnish or English: what the reader of an answer understands. Finnish where nothing else is asked for."""

from typing import Literal, NamedTuple

from starlette.requests import HTTPConnection

from services.web.i18n import translation

Language = Literal["fi", "en"]


class Text(NamedTuple):
    """The same words in both languages."""

    fi: str
    en: str

    def to(self, language: Language) -> str:
        return self.fi if language == "fi" else self.en


def preferred(accept_language: str | None) -> Language:
    return "en" if translation.negotiate(accept_language, ("fi", "en")) == "en" else "fi"


def language_of(request: HTTPConnection) -> Language:
    return preferred(request.headers.get("accept-language"))
