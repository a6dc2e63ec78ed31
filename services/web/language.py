"""Finnish or English: what the reader of an answer understands. Finnish where nothing else is asked for."""

from typing import Literal, NamedTuple

from starlette.requests import HTTPConnection

Language = Literal["fi", "en"]


class Text(NamedTuple):
    """The same words in both languages."""

    fi: str
    en: str

    def to(self, language: Language) -> str:
        return self.fi if language == "fi" else self.en


def preferred(accept_language: str | None) -> Language:
    """The better liked of our two languages in an Accept-Language header (RFC 9110 §12.5.4)."""
    liked = [_liking(part) for part in (accept_language or "").split(",")]
    ours = [(quality, tag) for tag, quality in liked if tag in ("fi", "en") and quality > 0]
    best = max(ours, key=lambda entry: entry[0], default=(0.0, "fi"))
    return "en" if best[1] == "en" else "fi"


def language_of(request: HTTPConnection) -> Language:
    return preferred(request.headers.get("accept-language"))


def _liking(part: str) -> tuple[str, float]:
    tag, _, parameters = part.partition(";")
    quality = parameters.strip().removeprefix("q=") if parameters else "1"
    try:
        return tag.strip().split("-")[0].lower(), float(quality)
    except ValueError:
        return "", 0.0
